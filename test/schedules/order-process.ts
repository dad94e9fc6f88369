/** The order service as a process on a machine of its own: the real orders and coordinator over the real log. */
import { toyOf } from '../../catalog/catalog.ts'
import type { CatalogClient } from '../../catalog/client.ts'
import { StoreError } from '../../errors.ts'
import type { Bought, ToyPurchase } from '../../order/client.ts'
import { Coordinator } from '../../order/coordinator.ts'
import { openIncarnations } from '../../order/incarnations.ts'
import { Orders } from '../../order/order.ts'
import type { Participant } from '../../order/participant.ts'
import { Prices } from '../../order/prices.ts'
import { wantedOf } from '../../order/purchase.ts'
import { openOrders } from '../../order/store.ts'
import type { Account } from '../../storage/ledger.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import { MemoryDisk } from '../../storage/test/memory-disk.ts'
import { type Life, Machine } from './machine.ts'
import type { Message, Network } from './network.ts'

const folder = '/data'
export const logPath = `${folder}/orders.csv`
export const incarnationPath = `${folder}/incarnation.csv`
/** As in the product: how long a purchase, and a call, may take. */
const purchaseMs = 5000
const callMs = 2000

export interface OrderOptions {
  participants: readonly string[]
  /** What the catalog shows of a toy now; `down` where it does not serve. */
  look: (toy: string) => Account | undefined | 'down'
  network: Network
  holdsIncarnation: boolean
  /** Something happened that must never happen. */
  wrong: (what: string) => void
  /** What a life of a lost incarnation sent has come after all: then it cannot be told from a rival, and ends the service. */
  lostOneSpoke: () => boolean
}

/** One call of `place`, and the attempts that it made, each after the one before was given up. */
export interface Call {
  purchase: ToyPurchase
  key: string
  attempts: string[]
}

export class OrderProcess {
  readonly machine: Machine
  readonly #options: OrderOptions
  #orders: Orders | undefined
  #coordinator: Coordinator | undefined
  /** By deadline, which no two of them share. */
  readonly #calls = new Map<number, Call>()
  #attempting: Call | undefined
  /** Everything that this life was told, in order. */
  #history = ''
  #settles: string[] = []
  startError: unknown

  constructor(disk: MemoryDisk, options: OrderOptions) {
    this.machine = new Machine(disk, options)
    this.#options = options
  }

  static async firstDisk(): Promise<MemoryDisk> {
    const disk = new MemoryDisk({ pageBytes: 64 })
    const mount = disk.mount()
    await mount.makeFolder(folder)
    await mount.syncFolder('/')
    await openOrders({ files: mount, clock: new HandClock(), folder, ioDelayMs: 0, giveUp() {} })
    return disk
  }

  get up(): boolean {
    return this.machine.life?.running === true
  }

  /** It has opened every participant, and nothing is left to settle. */
  get idle(): boolean {
    const coordinator = this.#coordinator!
    return (
      this.up &&
      coordinator.notReady === undefined &&
      Object.values(coordinator.unsettled).every((count) => count === 0)
    )
  }

  get ready(): boolean {
    return this.up && this.#coordinator!.notReady === undefined
  }

  async start(): Promise<void> {
    const life = this.machine.begin()
    const { files, clock, end: giveUp } = life
    this.#history = this.machine.contents()
    this.#settles = []
    this.startError = undefined
    const { participants, wrong, lostOneSpoke } = this.#options
    try {
      const { log } = await openOrders({ files, clock, folder, ioDelayMs: 0, giveUp })
      const coordinator = new Coordinator({
        clock,
        log,
        incarnations: await openIncarnations(files, folder),
        participants: participants.map((name) => ({ name, send: this.#channel(name, life) })),
        callMs,
        note: (sentence) => {
          if (!life.dead && sentence.includes('its books are wrong')) wrong(sentence)
        },
        rival: (sentence) => {
          if (life.dead) return
          if (lostOneSpoke()) life.end(new Error(sentence), { silent: false })
          else wrong(`the only order service was told: ${sentence}`)
        },
      })
      await coordinator.start()
      this.#coordinator = coordinator
      this.#orders = new Orders({
        log,
        clock,
        prices: new Prices({ query: (toy) => this.#query(toy) }),
        coordinator: { attempts: this.#attempts(coordinator) },
      })
      life.running = true
    } catch (error) {
      this.startError = error
      life.mount.kill()
    }
  }

  /** A buyer asks. `told` hears the answer, if he ever gets one. */
  place(purchase: ToyPurchase, key: string, told: (answer: Bought | Error, call: Call) => void): void {
    const life = this.machine.life!
    const call: Call = { purchase, key, attempts: [] }
    const deadline = life.clock.elapsed() + purchaseMs + this.#calls.size / 1000
    this.#calls.set(deadline, call)
    const tell = (answer: Bought | Error): void => {
      if (!life.dead) told(answer, call)
    }
    this.#orders!.place(wantedOf(purchase, key), deadline).then(({ bought }) => tell(bought), tell)
  }

  /**
   * Keeps what this life was told: what it does follows from that alone. Answers that only settle may be told in any order,
   * and later than others, until something depends on them: `settles` says that this is one, `turns` that this depends.
   */
  note(input: string, { settles = false, turns = false } = {}): void {
    if (settles) this.#settles.push(input)
    else {
      if (turns) this.#history += `\n${this.#settles.splice(0).toSorted().join('\n')}`
      this.#history += `\n${input}`
    }
  }

  fingerprint(): string {
    const life = this.machine.life
    return life === undefined ? this.machine.contents() : `${life.number} ${this.#history}\n${this.#settles.toSorted()}`
  }

  #channel(name: string, life: Life): Participant['send'] {
    return (commands, { deadline }) => {
      if (life.dead) return new Promise(() => {})
      if (deadline - life.clock.elapsed() < 1)
        return Promise.reject(new StoreError('unavailable', `no time is left to ask the ${name} service`))
      for (const command of commands)
        if (command.op === 'reserve' && this.#attempting?.attempts.includes(command.id) === false)
          this.#attempting.attempts.push(command.id)
      const message: Message = this.#options.network.send(name, life, commands)
      return message.answered
    }
  }

  /** The real attempt; it sends its reserves before it first waits. */
  #attempts(coordinator: Coordinator): Coordinator['attempts'] {
    return (wanted, deadline, commit) => {
      this.#attempting = this.#calls.get(deadline)
      try {
        return coordinator.attempts(wanted, deadline, commit)
      } finally {
        this.#attempting = undefined
      }
    }
  }

  /** Answered at once: what was learned may be old by the time it is used all the same, since prices change at any time. */
  async #query(name: string): ReturnType<CatalogClient['query']> {
    const account = this.#options.look(name)
    this.note(`a look at ${name}: ${JSON.stringify(account)}`)
    if (account === 'down')
      throw new StoreError('unavailable', 'the catalog cannot be reached', { cause: 'it is down' })
    return { toy: account && toyOf(name, account), at: undefined, changed: undefined }
  }
}
