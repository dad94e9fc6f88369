/** A participant as a process on a machine of its own: the real rule over the real engine. */
import { columns as toyColumns } from '../../catalog/store.ts'
import type { StoreError } from '../../errors.ts'
import { errorBody, errorFromBody } from '../../http/status.ts'
import { rule } from '../../ledger/rule.ts'
import { columns as customerColumns } from '../../payment/store.ts'
import { CsvLedger } from '../../storage/csv/ledger-engine.ts'
import type { Command, Outcome, Rule } from '../../storage/ledger.ts'
import type { LedgerState } from '../../storage/ledger-state.ts'
import { MemoryDisk } from '../../storage/test/memory-disk.ts'
import { Machine } from './machine.ts'
import type { Message } from './network.ts'

const folder = '/data'
const firstPrice = '10.00'
const laterPrices = ['11.00', '9.00', '10.00']

export class ParticipantProcess {
  readonly name: string
  readonly machine: Machine
  readonly #stock: Readonly<Record<string, number>>
  #ledger: CsvLedger | undefined
  #state: LedgerState | undefined
  /** Requests that it has not answered yet, with how many syncs there had been when each came. */
  #begun: { message: Message; syncs: number }[] = []
  /** Why its last start failed. */
  startError: unknown

  constructor(name: string, stock: Readonly<Record<string, number>>, disk: MemoryDisk) {
    this.name = name
    this.#stock = stock
    this.machine = new Machine(disk)
  }

  /** The disk of one that was started once, for any number of worlds to copy. */
  static async firstDisk(name: string, stock: Readonly<Record<string, number>>): Promise<MemoryDisk> {
    const disk = new MemoryDisk({ pageBytes: 64 })
    await disk.mount().makeFolder(folder)
    await disk.mount().syncFolder('/')
    const process = new ParticipantProcess(name, stock, disk)
    await process.start()
    process.machine.kill()
    return disk
  }

  /** It serves. */
  get up(): boolean {
    return this.machine.life?.running === true
  }

  /** What readers of it see; undefined where it does not serve. */
  get state(): LedgerState | undefined {
    return this.up ? this.#state : undefined
  }

  async start(): Promise<void> {
    const life = this.machine.begin()
    const { files, clock, end: giveUp } = life
    this.#begun = []
    this.startError = undefined
    const spied: Rule = (state, commands, now) => {
      this.#state = state // the engine keeps it to itself; the onlooker must see it
      return rule(state, commands, now)
    }
    const [name, columns] = this.#hasPrices ? ['toys_db.csv', toyColumns] : ['customers.csv', customerColumns]
    const attributes = this.#hasPrices ? [firstPrice] : []
    const seed = new Map(Object.entries(this.#stock).map(([name, balance]) => [name, { attributes, balance }]))
    const options = { files, clock, folder, name, columns, seed, rule: spied, ioDelayMs: 0, giveUp }
    try {
      const { ledger } = await CsvLedger.open({ ...options, note: () => {} })
      await ledger.execute([])
      this.#ledger = ledger
      life.running = true
    } catch (error) {
      this.startError = error
      life.mount.kill()
    }
  }

  /** A request arrives. */
  execute(message: Message): void {
    const life = this.machine.life!
    const begun = { message, syncs: life.syncs }
    this.#begun.push(begun)
    const answer = (told: Outcome[] | StoreError): void => {
      if (life.dead) return
      this.#begun = this.#begun.filter((one) => one !== begun)
      message.answers.push(told)
    }
    this.#ledger!.execute(message.commands as Command[]).then(answer, (error: unknown) => answer(asSent(error)))
  }

  /** Whether nothing is under way in it, and it has toys whose price can change. */
  get canReprice(): boolean {
    const life = this.machine.life
    return this.#hasPrices && this.up && life!.ending === undefined && life!.held.length + this.#begun.length === 0
  }

  /** From now on a piece of this costs something else; its stock stays as it is, since nothing else is under way. */
  reprice(account: string): void {
    const { balance, attributes } = this.#state!.account(account)!
    const next = laterPrices[(laterPrices.indexOf(attributes[0]!) + 1) % laterPrices.length]!
    const command: Command = { op: 'put', account, attributes: [next], balance, reason: 'another price' }
    this.#ledger!.execute([command]).catch(() => {}) // where it fails, the price stays
  }

  get #hasPrices(): boolean {
    return this.name === 'catalog'
  }

  /** Whether it will answer this by itself. */
  isBegun(message: Message): boolean {
    return this.machine.life !== undefined && this.#begun.some((one) => one.message === message)
  }

  /**
   * Equal for two processes that will do the same: what a running one will do follows from its state, and from the requests
   * under way, each before or behind the sync that it waits for; what a dead one left, from its files.
   */
  fingerprint(): string {
    const { life } = this.machine
    if (life === undefined || !life.running) return this.machine.contents()
    const begun = this.#begun.map(({ message, syncs }) => `${message.title} ${life.syncs - syncs}`)
    return `${life.ending !== undefined} ${life.held.length} ${life.nextWrite} ${begun}\n${this.#stateText()}`
  }

  #stateText(): string {
    const state = this.#state!
    const open = [...state.reservations()].map((reservation) => JSON.stringify(reservation)).toSorted()
    const decided = [...state.decisions()].map(String).toSorted()
    const accounts = [...state.accounts()].map(([name, { balance, attributes }]) => `${name} ${balance} ${attributes}`)
    return [state.fence, accounts, open, decided].join(';')
  }
}

/** An error as the caller reads it: its cause, which would say that the call itself failed, does not go over the network. */
const asSent = (error: unknown): StoreError => errorFromBody(errorBody(error))
