/**
 * Everything that is on its way between the order service and the participants. A request stays on its way until it arrives,
 * however long that takes and whoever has died meanwhile; an answer reaches only the caller that still waits for it.
 */
import { StoreError } from '../../errors.ts'
import type { Command, Outcome } from '../../storage/ledger.ts'
import type { Life } from './machine.ts'

type Answer = Outcome[] | StoreError

export class Message {
  readonly to: string
  readonly from: Life
  readonly commands: readonly Command[]
  /** What it is in a story; no two messages have the same. */
  readonly title: string
  /** Whether the request is on its way. */
  travels = true
  /** On their way back, oldest first. */
  readonly answers: Answer[] = []
  readonly answered: Promise<Outcome[]>
  #awaited = true
  #resolve!: (outcomes: Outcome[]) => void
  #reject!: (error: StoreError) => void

  constructor(to: string, from: Life, commands: readonly Command[], title: string) {
    this.to = to
    this.from = from
    this.commands = commands
    this.title = title
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get awaited(): boolean {
    return this.#awaited && !this.from.dead
  }

  /** The oldest answer reaches its caller. */
  reply(): Answer {
    this.#awaited = false
    const answer = this.answers[0]!
    if (answer instanceof StoreError) this.#reject(answer)
    else this.#resolve(answer)
    return answer
  }

  /** The caller waits no longer; the request may still arrive. */
  giveUp(): void {
    this.#awaited = false
    this.#reject(new StoreError('outcome_unknown', 'no answer', { cause: 'it took too long' }))
  }
}

export class Network {
  messages: Message[] = []
  readonly #sent = new Map<string, number>()

  send(to: string, from: Life, commands: readonly Command[]): Message {
    const says = `${to}: ${commands.map(words).join(', ')}`
    const times = (this.#sent.get(says) ?? 0) + 1
    this.#sent.set(says, times)
    const message = new Message(to, from, commands, times === 1 ? says : `${says} (${times})`)
    this.messages.push(message)
    return message
  }

  /** What can never matter again goes. */
  tidy(): void {
    this.messages = this.messages.filter((message) => message.travels || message.awaited)
  }

  /** Everything on its way is lost. */
  drop(): void {
    for (const message of this.messages) if (message.awaited) message.giveUp()
    this.messages = []
  }
}

function words(command: Command): string {
  if (command.op === 'open') return `${command.first ? 'first open' : 'open'} ${command.fence}`
  return 'id' in command ? `${command.op} ${command.id}` : command.op
}
