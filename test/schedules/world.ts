/**
 * A store whose every source of chance is a choice: which message arrives next, twice, late or never; when a sync is done or
 * fails; who dies when, and what a power cut leaves; when time passes; when a buyer asks. Between two choices everything that
 * can go on goes on, so a list of choices tells the whole story, and the same list tells the same story.
 */
import { StoreError } from '../../errors.ts'
import { linesOf, type ToyPurchase } from '../../order/client.ts'
import type { Account, Outcome } from '../../storage/ledger.ts'
import type { FaultKind, MemoryDisk } from '../../storage/test/memory-disk.ts'
import type { Budget, Buyer, Configuration } from './configurations.ts'
import type { Life, Machine } from './machine.ts'
import { type Message, Network } from './network.ts'
import { Onlooker } from './onlooker.ts'
import { incarnationPath, logPath, OrderProcess } from './order-process.ts'
import { ParticipantProcess } from './participant-process.ts'

export type ChoiceKind =
  | 'ask'
  | 'arrive'
  | 'answer'
  | 'sync'
  | 'start'
  | 'double'
  | 'giveUp'
  | 'time'
  | 'catchUp'
  | 'reprice'
  | 'crash'
  | 'fault'

export interface Choice {
  kind: ChoiceKind
  /** What it is in a story; no two at the same moment are the same. */
  says: string
  run: () => void
}

/** How a story ends, before everything recovers. */
export const ends = [
  'END: what is on its way arrives',
  'END: what is on its way is lost',
  'END: the power fails everywhere',
] as const
export type End = (typeof ends)[number]

/** A rejection that nobody heard would have ended the process. */
let unheard: unknown

/** From then on such a rejection is the story's that it came up in. */
export function hearRejections(): void {
  process.on('unhandledRejection', (error) => {
    unheard ??= error
  })
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Disks of stores that were started once. */
const firstDisks = new Map<Configuration, Promise<Map<string, MemoryDisk>>>()

async function makeDisks({ stock }: Configuration): Promise<Map<string, MemoryDisk>> {
  const disks = new Map([['order', await OrderProcess.firstDisk()]])
  for (const [name, accounts] of Object.entries(stock))
    disks.set(name, await ParticipantProcess.firstDisk(name, accounts))
  return disks
}

export class World {
  readonly configuration: Configuration
  readonly onlooker: Onlooker
  readonly network = new Network()
  readonly order: OrderProcess
  readonly participants: ReadonlyMap<string, ParticipantProcess>
  readonly #left: Budget
  readonly #asks: Map<Buyer, number>
  /** A participant may count as down: the next beat asks it. */
  #restless = true
  #incarnationLost = false
  /** An open of a dead life has come after its incarnation was lost. */
  #lostOneSpoke = false
  /** Calls of buyers that this life of the order service has not answered. */
  #unanswered = new Set<object>()

  private constructor(configuration: Configuration, disks: ReadonlyMap<string, MemoryDisk>) {
    this.configuration = configuration
    const { stock, buyers, holdsIncarnation = false, budget } = configuration
    this.onlooker = new Onlooker(stock)
    this.order = new OrderProcess(disks.get('order')!.clone(), {
      participants: Object.keys(stock),
      look: (toy) => this.#shown(toy),
      network: this.network,
      holdsIncarnation,
      wrong: (what) => this.onlooker.accuse(what),
      lostOneSpoke: () => this.#lostOneSpoke,
    })
    this.participants = new Map(
      Object.entries(stock).map(([name, accounts]) => [
        name,
        new ParticipantProcess(name, accounts, disks.get(name)!.clone()),
      ]),
    )
    this.#left = { ...budget }
    this.#asks = new Map(buyers.map((buyer) => [buyer, buyer.asks]))
  }

  static async begin(configuration: Configuration): Promise<World> {
    unheard = undefined
    const known = firstDisks.get(configuration) ?? makeDisks(configuration)
    firstDisks.set(configuration, known)
    const world = new World(configuration, await known)
    for (const participant of world.participants.values()) void participant.start()
    void world.order.start()
    await settle()
    if (!configuration.firstStart) await world.#calmDown()
    return world
  }

  get wrong(): string | undefined {
    return this.onlooker.wrong
  }

  async step(choice: Choice): Promise<void> {
    choice.run()
    await settle()
    if (this.configuration.fewer) while (this.#startAtOnce() || this.#syncUntold()) await settle()
    this.#look()
  }

  /** What can happen next. `variant` says which of the power cuts, and at which call a process dies. */
  choices(variant: number): Choice[] {
    const found: Choice[] = []
    const add = (kind: ChoiceKind, says: string, run: () => void): void => {
      found.push({ kind, says, run })
    }
    const spend = (what: keyof Budget): void => {
      this.#left[what] -= 1
    }
    for (const message of this.network.messages) this.#messageChoices(message, add, spend)
    for (const [name, machine] of this.#machines()) this.#processChoices(name, machine, variant, add, spend)
    const life = this.order.machine.life
    if (this.order.up && life?.ending === undefined) {
      if (this.order.ready || this.configuration.eager)
        for (const [buyer, left] of this.#asks)
          if (left > 0)
            add('ask', `${buyer.name} asks for ${wordsOf(buyer)} (${buyer.key})`, () => {
              this.#asks.set(buyer, left - 1)
              this.#ask(buyer)
            })
      if (this.#left.beats > 0 && (this.#restless || !this.order.idle))
        add('time', 'a second passes for order', () => {
          spend('beats')
          this.#pass(1000)
        })
      if (this.#left.longWaits > 0)
        add('time', 'a long time passes for order', () => {
          spend('longWaits')
          this.#pass(6000)
        })
    }
    if (
      life === undefined &&
      this.#left.lostIncarnations > 0 &&
      this.order.machine.disk.read(incarnationPath) !== undefined
    )
      add('fault', 'the incarnation is lost', () => {
        spend('lostIncarnations')
        this.order.machine.disk.put(incarnationPath, undefined)
        this.#incarnationLost = true
      })
    return found
  }

  /** The choice with these words, if it can be made now. */
  find(says: string): Choice | undefined {
    return this.choices(Number(/\((\d+)\)$/.exec(says)?.[1] ?? 0)).find((choice) => choice.says === says)
  }

  /** No more trouble: everything recovers, every buyer asks once more, and then the books must balance, also from the disk. */
  async finish(end: End, { thorough = true } = {}): Promise<void> {
    if (end === ends[2]) for (const [, machine] of this.#machines()) machine.cutPower(0)
    if (end !== ends[0]) this.network.drop()
    await this.#calmDown()
    if (this.wrong !== undefined || !thorough) return
    for (const buyer of this.#asks.keys()) this.#ask(buyer, { calm: true })
    await this.#calmDown()
    for (const [, machine] of this.#machines()) machine.cutPower(0)
    await this.#calmDown()
  }

  /** Equal for two worlds in which the same can happen. */
  fingerprint(): string {
    const messages = this.network.messages.map(
      ({ title, travels, awaited, answers }) =>
        `${title} ${travels} ${awaited} ${awaited ? JSON.stringify(answers) : ''}`,
    )
    return [
      this.order.fingerprint(),
      ...[...this.participants.values()].map((participant) => participant.fingerprint()),
      messages.toSorted().join('\n'),
      Object.values(this.#left).join(),
      [...this.#asks.values()].join(),
      `${this.#incarnationLost} ${this.#lostOneSpoke}`,
      this.onlooker.fingerprint(),
    ].join('\n\n')
  }

  #machines(): [string, Machine][] {
    return [
      ['order', this.order.machine],
      ...[...this.participants].map(([name, { machine }]): [string, Machine] => [name, machine]),
    ]
  }

  #messageChoices(
    message: Message,
    add: (kind: ChoiceKind, says: string, run: () => void) => void,
    spend: (what: keyof Budget) => void,
  ): void {
    const { title, travels, awaited, answers } = message
    if (travels && this.participants.get(message.to)!.up) {
      add('arrive', `${title} arrives`, () => this.#arrive(message))
      if (this.#left.doubles > 0)
        add('double', `${title} arrives, and a double of it is on its way`, () => {
          spend('doubles')
          this.#arrive(message, { stays: true })
        })
    }
    if (!awaited || !this.order.up) return
    if (answers.length > 0) add('answer', `the answer to ${title} arrives`, () => this.#reply(message))
    if (this.#left.giveUps > 0)
      add('giveUp', `nobody waits any longer for ${title}`, () => {
        spend('giveUps')
        this.order.note(`gives up ${title}`, { turns: true })
        this.#restless = true
        message.giveUp()
      })
  }

  #processChoices(
    name: string,
    machine: Machine,
    variant: number,
    add: (kind: ChoiceKind, says: string, run: () => void) => void,
    spend: (what: keyof Budget) => void,
  ): void {
    const { life } = machine
    const isOrder = name === 'order'
    const left = this.#left
    const [writes, syncs] = isOrder
      ? (['failedWrites', 'failedSyncs'] as const)
      : (['journalFailures', 'journalFailures'] as const)
    if (life === undefined) {
      add('start', `${name} starts`, () => this.#start(name))
      return
    }
    if (life.ending !== undefined) add('crash', `${name} ends`, () => machine.kill())
    if (life.held.length > 0) {
      add('sync', `${name} syncs`, () => this.#sync(life, isOrder))
      if (left[syncs] > 0)
        for (const kind of ['sync-lost', 'sync-lost-later'] as const)
          add('fault', `${name}'s sync fails (${kind})`, () => {
            spend(syncs)
            this.#sync(life, isOrder, kind)
          })
    }
    if (left[writes] > 0 && life.running && life.nextWrite === undefined)
      for (const kind of ['EIO', 'half-write', 'whole-write'] as const)
        add('fault', `${name}'s next write will fail (${kind})`, () => {
          spend(writes)
          if (isOrder) this.order.note(kind)
          life.nextWrite = kind
        })
    const crashes = isOrder ? 'orderCrashes' : 'participantCrashes'
    if (left[crashes] > 0) {
      add('crash', `${name} is killed`, () => {
        spend(crashes)
        machine.kill()
      })
      const cut = variant % this.configuration.powerCuts
      add('crash', `${name} loses power (${cut})`, () => {
        spend(crashes)
        machine.cutPower(cut)
      })
    }
    if (left.deaths > 0)
      add('fault', `${name} will die soon (${variant})`, () => {
        spend('deaths')
        life.strike(variant % 2 === 0 ? 'kill' : 'kill-after', 1 + (variant % 40))
      })
    const participant = this.participants.get(name)
    if (left.repricings > 0 && participant?.canReprice)
      for (const toy of Object.keys(this.configuration.stock[name]!))
        add('reprice', `${toy} costs something else`, () => {
          spend('repricings')
          participant.reprice(toy)
        })
    if (left.catchUps > 0 && !isOrder && life.running)
      add('catchUp', `time passes for ${name}`, () => {
        spend('catchUps')
        life.clock.jump(2000)
      })
  }

  #start(name: string): void {
    if (name === 'order') {
      this.#unanswered = new Set()
      void this.order.start()
    } else void this.participants.get(name)!.start()
  }

  #sync(life: Life, isOrder: boolean, failure?: FaultKind): void {
    if (isOrder) this.order.note(`sync ${failure}`)
    life.sync(failure)
  }

  /** Starts what died; true where there was one. Whoever could meet it dead could as well meet it later. */
  #startAtOnce(): boolean {
    for (const [name, { life }] of this.#machines()) {
      if (life !== undefined || (name === 'order' && this.#left.lostIncarnations > 0)) continue
      this.#start(name)
      return true
    }
    return false
  }

  /** Lets a sync go on where no trouble is left that could tell synced from unsynced; true where there was one. */
  #syncUntold(): boolean {
    const { deaths, failedSyncs, journalFailures, orderCrashes, participantCrashes } = this.#left
    const order = deaths + failedSyncs + orderCrashes === 0
    const participants = deaths + journalFailures + participantCrashes === 0
    for (const [name, { life }] of this.#machines()) {
      if (life === undefined || life.held.length === 0 || !(name === 'order' ? order : participants)) continue
      this.#sync(life, name === 'order')
      return true
    }
    return false
  }

  #arrive(message: Message, { stays = false } = {}): void {
    message.travels = stays
    if (this.#incarnationLost && message.from.dead && message.commands.some(({ op }) => op === 'open'))
      this.#lostOneSpoke = true
    this.participants.get(message.to)!.execute(message)
  }

  #reply(message: Message): void {
    const answer = message.reply()
    this.order.note(`${message.title} ${JSON.stringify(answer)}`, {
      settles: isSettled(answer),
      turns: message.commands[0]?.op === 'open',
    })
    const [command] = message.commands
    if (!Array.isArray(answer) || command?.op !== 'open') return
    this.#restless = false
    const [opened] = answer
    if (opened?.outcome === 'opened' && opened.open.length === 0) this.onlooker.settled(message.to, command.fence)
  }

  #pass(ms: number): void {
    this.order.note(`${ms} ms`, { turns: true })
    this.order.machine.life!.clock.jump(ms)
  }

  #ask(buyer: Buyer, { calm = false } = {}): void {
    const { key } = buyer
    const asked = {}
    const unanswered = this.#unanswered
    unanswered.add(asked)
    this.order.note(`${key} ${wordsOf(buyer)}`, { turns: true })
    this.order.place(purchaseOf(buyer), key, (answer, call) => {
      unanswered.delete(asked)
      if (calm && answer instanceof StoreError && (answer.code === 'unavailable' || answer.code === 'outcome_unknown'))
        this.onlooker.accuse(`${key} was told ${answer}, though nothing is wrong with the store`)
      if (answer instanceof StoreError && answer.code === 'key_reused' && !this.#isShared(key))
        this.onlooker.accuse(`${key} was told key_reused, but it has one purchase only`)
      this.onlooker.told(answer, call, () => this.order.machine.synced(logPath))
    })
  }

  /** Whether two purchases have this key. */
  #isShared(key: string): boolean {
    return new Set([...this.#asks.keys()].filter((buyer) => buyer.key === key).map(wordsOf)).size > 1
  }

  #shown(toy: string): Account | undefined | 'down' {
    const { state } = this.participants.get('catalog')!
    return state === undefined ? 'down' : state.account(toy)
  }

  #look(): void {
    this.network.tidy()
    if (unheard !== undefined) this.onlooker.accuse(`nobody heard: ${unheard}`)
    const states = new Map(
      [...this.participants].flatMap(([name, { state }]) => (state === undefined ? [] : [[name, state] as const])),
    )
    this.onlooker.check(this.order.machine.disk.read(logPath), states)
    for (const { machine, startError } of [this.order, ...this.participants.values()])
      if (startError !== undefined && !machine.troubled) this.onlooker.accuse(`a start failed: ${startError}`)
  }

  /** Until nothing is on its way, set aside or unsettled. */
  async #calmDown(): Promise<void> {
    for (const [, { life }] of this.#machines()) life?.heal()
    await settle()
    let quiet = 0 // beats in a row that had nothing to send: a participant that was down is asked at the next one only
    for (let round = 0; round < 300; round++) {
      if (this.wrong !== undefined) return
      const busy = this.#goOn()
      quiet = busy ? 0 : quiet + 1
      if (!busy) {
        if (quiet > 1 && this.#atRest()) return
        this.#pass(1000)
      }
      await settle()
      this.#look()
    }
    const still = [...this.participants].flatMap(([name, { state }]) =>
      [...(state?.reservations() ?? [])].map(({ id }) => `${name} holds ${id}`),
    )
    this.onlooker.accuse(
      `it does not come to rest: ${still.join(', ') || `${this.#unanswered.size} calls are not answered`}`,
    )
  }

  /** Whatever can go on goes on; true where something could. */
  #goOn(): boolean {
    let busy = false
    for (const [name, machine] of this.#machines()) {
      const { life } = machine
      if (life?.ending !== undefined) machine.kill()
      if (machine.life === undefined) this.#start(name)
      else if (life!.held.length > 0) this.#sync(life!, name === 'order')
      else continue
      busy = true
    }
    for (const message of this.network.messages) {
      if (message.travels && this.participants.get(message.to)!.up) this.#arrive(message)
      else if (message.awaited && this.order.up && message.answers.length > 0) this.#reply(message)
      else if (message.awaited && this.order.up && !this.#isBegun(message)) message.giveUp()
      else continue
      busy = true
    }
    return busy
  }

  /** Whether the participant will answer it by itself. */
  #isBegun(message: Message): boolean {
    return message.travels || this.participants.get(message.to)!.isBegun(message)
  }

  #atRest(): boolean {
    const open = [...this.participants.values()].some(
      ({ state }) => state === undefined || !state.reservations().next().done,
    )
    return this.order.idle && !open && this.#unanswered.size === 0
  }
}

const purchaseOf = ({ toy, quantity, more = [], user }: Buyer): ToyPurchase =>
  more.length === 0 ? { name: toy, quantity, user } : { items: [{ name: toy, quantity }, ...more], user }

const wordsOf = (buyer: Buyer): string => {
  const lines = linesOf(purchaseOf(buyer)).map(({ name, quantity }) => `${quantity} ${name}`)
  return `${lines.join(' and ')}${buyer.user === undefined ? '' : `, paid by ${buyer.user}`}`
}

/** An answer that settles, or begins to: nothing but time, a question or an `open` asks whether it has come. */
const isSettled = (answer: Outcome[] | StoreError): boolean =>
  Array.isArray(answer) && answer.every(({ outcome }) => outcome === 'done' || outcome === 'refused')
