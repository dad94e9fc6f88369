/**
 * What came back on one connection, read strictly: an answer is a status line, header fields and as many bytes as its
 * `content-length` says. Anything else is a fault, and nothing after it is read.
 */

export interface Answer {
  status: number
  headers: Readonly<Record<string, string>>
  text: string
  /** A `100 Continue` came before it. */
  continued: boolean
}

const headEnd = Buffer.from('\r\n\r\n')

export class AnswerReader {
  readonly #heads: boolean[]
  #bytes: Buffer = Buffer.alloc(0)
  #continued = false
  #fault: string | undefined

  /** `heads`: which answers, in their order, come without the body that their head tells of. */
  constructor(heads: readonly boolean[] = []) {
    this.#heads = [...heads]
  }

  /** What is no answer, or undefined. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** Bytes of an answer that has not ended. */
  get unfinished(): number {
    return this.#bytes.length
  }

  /** Says how the next answers come. */
  expect(heads: readonly boolean[]): void {
    this.#heads.push(...heads)
  }

  /** The answers that `bytes` complete. */
  take(bytes: Buffer): Answer[] {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    const answers: Answer[] = []
    while (this.#fault === undefined && this.#bytes.length > 0) {
      const answer = this.#next()
      if (answer === undefined) break
      answers.push(answer)
    }
    return answers
  }

  #next(): Answer | undefined {
    const end = this.#bytes.indexOf(headEnd)
    if (end < 0) {
      if (this.#bytes.length > 65_536) this.#fault = 'a head of more than 65,536 bytes'
      return undefined
    }
    const [first = '', ...lines] = this.#bytes.toString('latin1', 0, end).split('\r\n')
    const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [ -~]*$/.exec(first)?.[1])
    const headers = headersOf(lines)
    if (Number.isNaN(status) || headers === undefined) return this.#isNone(first)
    if (status === 100) {
      this.#continued = true
      this.#bytes = this.#bytes.subarray(end + 4)
      return this.#bytes.length === 0 ? undefined : this.#next()
    }
    const length = headers['content-length']
    if (length === undefined || !/^\d+$/.test(length)) return this.#isNone(`${first} without a content-length`)
    const bodyEnd = end + 4 + (this.#heads[0] === true ? 0 : Number(length))
    if (this.#bytes.length < bodyEnd) return undefined
    const text = this.#bytes.toString('utf8', end + 4, bodyEnd)
    this.#bytes = this.#bytes.subarray(bodyEnd)
    this.#heads.shift()
    const continued = this.#continued
    this.#continued = false
    return { status, headers, text, continued }
  }

  #isNone(what: string): undefined {
    this.#fault = `this is no answer: ${JSON.stringify(what.slice(0, 200))}`
  }
}

/** By lower-case name; undefined where a line is no field or a field comes twice. */
function headersOf(lines: readonly string[]): Record<string, string> | undefined {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z0-9-]+): ([\t -~\x80-\xff]*)$/.exec(line) ?? []
    if (name === undefined || name.toLowerCase() in headers) return undefined
    headers[name.toLowerCase()] = value!
  }
  return headers
}
