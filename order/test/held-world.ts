/**
 * An order service whose world is held in hand: time, the log's sync, and every message to the catalog, and to payment where
 * there are customers. The coordinator, the orders and the ledger's rule are the real ones.
 */
import { toyOf } from '../../catalog/catalog.ts'
import type { Toy } from '../../catalog/client.ts'
import { StoreError } from '../../errors.ts'
import { rule } from '../../ledger/rule.ts'
import type { Command, Outcome } from '../../storage/ledger.ts'
import { LedgerState } from '../../storage/ledger-state.ts'
import type { Entry, Log, LogEntry } from '../../storage/log.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import type { Bought } from '../client.ts'
import { Coordinator } from '../coordinator.ts'
import { Orders } from '../order.ts'
import { Prices } from '../prices.ts'
import type { Wanted } from '../purchase.ts'
import type { Recovered } from '../recovery.ts'

/** Lets every promise that can go on go on. */
export const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

export class Message {
  readonly commands: readonly Command[]
  readonly #to: HeldParticipant
  #resolve!: (outcomes: Outcome[]) => void
  #reject!: (error: unknown) => void
  readonly answer = new Promise<Outcome[]>((resolve, reject) => {
    this.#resolve = resolve
    this.#reject = reject
  })

  constructor(to: HeldParticipant, commands: readonly Command[]) {
    this.#to = to
    this.commands = commands
  }

  get op(): string {
    return this.commands[0]!.op
  }

  /** It arrives, and its answer too. */
  deliver(): Outcome[] {
    const outcomes = this.#to.execute(this.commands)
    this.#to.forget(this)
    this.#resolve(outcomes)
    return outcomes
  }

  /** It arrives (once more); the answer does not. */
  arrive(): Outcome[] {
    return this.#to.execute(this.commands)
  }

  /** The caller waits no longer. */
  fail(): void {
    this.#to.forget(this)
    this.#reject(new StoreError('outcome_unknown', 'no answer', { cause: 'lost' }))
  }
}

export class HeldParticipant {
  readonly name: string
  readonly state = new LedgerState()
  /** Under way, oldest first. */
  messages: Message[] = []
  /** Everything that was ever sent. */
  readonly sent: Command[] = []
  /** Deliver at once what this says yes to. */
  auto: (command: Command) => boolean = () => true

  constructor(name: string, balances: Record<string, number>, attributes: readonly string[]) {
    this.name = name
    for (const [account, balance] of Object.entries(balances))
      this.state.apply({ fact: 'account', account, balance, attributes })
  }

  send(commands: readonly Command[]): Promise<Outcome[]> {
    const message = new Message(this, commands)
    this.messages.push(message)
    this.sent.push(...commands)
    if (this.auto(commands[0]!)) message.deliver()
    return message.answer
  }

  execute(commands: readonly Command[]): Outcome[] {
    const { outcomes, changes } = rule(this.state, commands, 0)
    for (const fact of changes.flat()) this.state.apply(fact)
    return outcomes
  }

  forget(message: Message): void {
    this.messages = this.messages.filter((one) => one !== message)
  }

  only(op: string): Message {
    const found = this.messages.filter((message) => message.op === op)
    if (found.length !== 1)
      throw new Error(`${found.length} messages "${op}" under way: ${this.messages.map((one) => one.op)}`)
    return found[0]!
  }

  ops(): string[] {
    return this.sent.map(({ op }) => op)
  }

  stock(name = 'Tux'): number {
    return this.state.account(name)!.balance
  }

  reserved(): string[] {
    return [...this.state.reservations()].map(({ id }) => id)
  }
}

/** What the catalog shows of a toy. */
function toyAt({ state }: HeldParticipant, name: string): Toy | undefined {
  const account = state.account(name)
  return account && toyOf(name, account)
}

/** A log in memory; `holding` keeps its syncs until `release`, `fault` makes the next one fail. */
export class HeldLog implements Log {
  entries: LogEntry[] = []
  holding = false
  fault: StoreError | undefined
  #held: (() => void)[] = []

  get lastNumber(): number {
    return this.entries.length
  }

  async append(entry: Entry): Promise<number> {
    if (this.holding) await new Promise<void>((resolve) => this.#held.push(resolve))
    if (this.fault !== undefined) throw this.fault
    return this.entries.push({ ...entry, number: this.entries.length + 1 })
  }

  release(): void {
    this.holding = false
    for (const go of this.#held.splice(0)) go()
  }

  /** What is not synced is lost. */
  lose(): void {
    this.holding = false
    this.#held = []
  }

  get = async (number: number): Promise<LogEntry | undefined> => this.entries[number - 1]
  list = async (): Promise<LogEntry[]> => [...this.entries].reverse()
  /** Whether it knows its keys without a look at the disk. */
  knowsKeys = false
  isNew = (key: string): boolean => this.knowsKeys && !this.entries.some((entry) => entry.key === key)
  byKey = async (key: string): Promise<LogEntry | undefined> => this.entries.find((entry) => entry.key === key)
  attemptsAfter = async (attempts: ReadonlySet<string>, after: number): Promise<Set<string>> =>
    new Set(
      this.entries
        .filter(({ number, attempt }) => number > after && attempts.has(attempt))
        .map(({ attempt }) => attempt),
    )
  /** What reading it throws. */
  damage: Error | undefined
  async *since(after: number, column?: string): AsyncGenerator<LogEntry> {
    for (const entry of this.entries.filter(({ number }) => number > after)) {
      if (this.damage !== undefined) throw this.damage
      if (column !== undefined && !entry.rows[0]![column]) continue
      yield entry
    }
  }
  close = async (): Promise<void> => {}
}

export interface HeldStore {
  clock: HandClock
  catalog: HeldParticipant
  /** Asked only where there are customers. */
  payment: HeldParticipant
  log: HeldLog
  coordinator: Coordinator
  notes: string[]
  recovered: Recovered[]
  rivals: string[]
  buy: (key: string, quantity?: number) => Promise<Bought | string>
  /** Several in one request: of each what `buy` says. */
  buyAll: (...wanted: Wanted[]) => Promise<(Bought | string)[]>
  /** The process dies; a new one starts on what is durable. */
  crash: () => Promise<void>
  incarnation: { last: number }
}

/** A store that has opened, with customers where `credit`, in cents, is given; a piece costs 10.00. A purchase that fails resolves to its reason, so that no rejection goes unheard. */
export async function heldStore(
  stock: Record<string, number> = { Tux: 2 },
  credit?: Record<string, number>,
): Promise<HeldStore> {
  const catalog = new HeldParticipant('catalog', stock, ['10.00'])
  const payment = new HeldParticipant('payment', credit ?? {}, [])
  const participants = credit === undefined ? [catalog] : [catalog, payment]
  const incarnation = { last: 0 }
  const clock = new HandClock()
  const log = new HeldLog()
  const store = {
    clock,
    catalog,
    payment,
    log,
    notes: [],
    recovered: [],
    rivals: [],
    incarnation,
  } as unknown as HeldStore
  const begin = async (): Promise<void> => {
    const take = async (above: number): Promise<number> => {
      incarnation.last = Math.max(incarnation.last, above) + 1
      return incarnation.last
    }
    const coordinator = new Coordinator({
      clock,
      log,
      incarnations: { take },
      participants,
      callMs: 2000,
      note: (sentence) => store.notes.push(sentence),
      recovered: (settled) => store.recovered.push(settled),
      rival: (sentence) => store.rivals.push(sentence),
    })
    const prices = new Prices({
      query: async (name) => ({ toy: toyAt(catalog, name), at: undefined, changed: undefined }),
    })
    const orders = new Orders({ log, coordinator, prices, clock })
    store.coordinator = coordinator
    const codeOf = (error: unknown): string => (error instanceof StoreError ? error.code : String(error))
    store.buyAll = async (...wanted) => {
      const all = await orders.placeAll(wanted, clock.elapsed() + 5000)
      return all.map((one) => (one instanceof Error ? codeOf(one) : one.bought))
    }
    store.buy = (key, quantity = 1) =>
      orders
        .place({ key, items: [{ account: 'Tux', amount: quantity }] }, clock.elapsed() + 5000)
        .then(({ bought }) => bought)
        .catch(codeOf)
    await coordinator.start()
    await turns()
  }
  store.crash = async () => {
    store.coordinator.close()
    for (const participant of participants) for (const message of participant.messages) participant.forget(message)
    log.holding = false
    await begin()
  }
  await begin()
  return store
}
