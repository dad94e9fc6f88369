/** One connection to the store, and all that comes on it. */
import { connect, type Socket } from 'node:net'
import { type Answer, AnswerReader } from './answers.ts'

export class Connection {
  readonly #socket: Socket
  readonly #reader = new AnswerReader()
  #answers: Answer[] = []
  #ended = false
  #refused: string | undefined
  #wake = (): void => {}

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (bytes: Buffer) => {
      this.#answers.push(...this.#reader.take(bytes))
      this.#wake()
    })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') this.#refused = error.message
    })
    const end = (): void => {
      this.#ended = true
      this.#wake()
    }
    this.#socket.on('end', end)
    this.#socket.on('close', end)
  }

  /** The store has ended its side, or the connection is gone. */
  get ended(): boolean {
    return this.#ended
  }

  /** What came that is no answer, or why nothing could come. */
  get fault(): string | undefined {
    if (this.#refused !== undefined) return this.#refused
    return this.#reader.fault
  }

  /** Sends the parts, each in a turn of its own; `heads`: which of the answers to come have no body. */
  async send(parts: readonly Buffer[], heads: readonly boolean[]): Promise<void> {
    this.#reader.expect(heads)
    for (const [i, part] of parts.entries()) {
      if (i > 0) await new Promise((resolve) => setImmediate(resolve))
      if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(part)
    }
  }

  /** The next answers: as many as wanted, or fewer where the connection ends or so many milliseconds pass. */
  async answers(count: number, ms: number): Promise<{ answers: Answer[]; late: boolean }> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake()
    }, ms)
    while (this.#answers.length < count && !this.#ended && !late && this.fault === undefined)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    clearTimeout(timer)
    const answers = this.#answers
    this.#answers = []
    return { answers, late }
  }

  /** Ends our side; the answers may still come. */
  halfClose(): void {
    this.#socket.end()
  }

  /** Resolves when what was written has left; the store then sees a reset. */
  async reset(): Promise<void> {
    if (this.#socket.connecting)
      await new Promise((resolve) => this.#socket.once('connect', resolve).once('close', resolve))
    while (this.#socket.writableLength > 0 && !this.#ended) await new Promise((resolve) => setImmediate(resolve))
    this.#socket.resetAndDestroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
