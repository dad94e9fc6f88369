/**
 * The store as its supervisor runs it, in this process, over a disk in memory and a clock that only this moves: a service
 * that ends is started again moments later, a StartError ends all, and who asks a service that ends is told no answer. Always:
 * a service that has ended does nothing more, and two lives of one service never overlap.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { CartAnswer, CartOp } from '../../cart/client.ts'
import { toyOf } from '../../catalog/catalog.ts'
import type { CatalogClient } from '../../catalog/client.ts'
import { orThrow, StartError, StoreError } from '../../errors.ts'
import type { Command, Outcome } from '../../storage/ledger.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import { Calls, type MemoryDisk } from '../../storage/test/memory-disk.ts'
import {
  type LocalCart,
  type LocalLedger,
  type LocalOptions,
  type LocalOrder,
  startLocalCart,
  startLocalCatalog,
  startLocalOrder,
  startLocalPayment,
} from '../local-store.ts'
import { shownOf } from './carts.ts'
import { bury, clockOf, type Life, never, newLife } from './life.ts'
import { answerOf, attempt, buyAt } from './purchase.ts'
import type { Answer, Basket, Books, CartAnswered, Line } from './record.ts'

const services = ['catalog', 'payment', 'cart', 'order'] as const
export type Service = (typeof services)[number]
type Running = { catalog: LocalLedger; payment: LocalLedger; cart: LocalCart; order: LocalOrder }

/** A service that gave itself up while it ran. */
export interface Ended {
  service: Service
  error: Error
  silent: boolean
}

const graceMs = 200
/** Carts stay away for longer than the mark of what they know waits: it must not be written above what they do not. */
const againMs = { catalog: 50, payment: 50, cart: 3000, order: 50 }

export class RunningStore {
  readonly clock = new HandClock()
  readonly disk: MemoryDisk
  readonly calls: Calls
  readonly ended: Ended[] = []
  /** What a person must mend. */
  refused: StartError | undefined
  /** Files that a refused start has changed: it must not. */
  readonly touched: string[] = []
  /** How often a start failed otherwise. */
  failedStarts = 0
  readonly notes: string[] = []
  readonly #lives: { [S in Service]?: Life<Running[S]> } = {}
  readonly #turns: number
  #on = false

  constructor(disk: MemoryDisk, calls = new Calls()) {
    this.disk = disk
    this.calls = calls
    this.#turns = calls.turn === undefined ? 1 : 6
  }

  /** All services begin to start; `ready` waits for them. */
  start(): void {
    this.#on = true
    this.refused = undefined
    for (const service of services) this.#spawn(service)
  }

  /** Whether it can sell, after at most so much time. */
  async ready(ms = 5000): Promise<boolean> {
    const until = this.clock.elapsed() + ms
    while (!this.#sells() && this.#on && this.clock.elapsed() < until) await this.#moment()
    return this.#sells()
  }

  running<S extends Service>(service: S): Running[S] | undefined {
    const life = this.#lives[service]
    return life === undefined || life.over ? undefined : life.running
  }

  /** Lets time pass until the promise is settled. */
  async settle<Result>(promise: Promise<Result>, ms = 60_000): Promise<Result> {
    let settled = false
    const note = () => {
      settled = true
    }
    promise.then(note, note)
    const until = this.clock.elapsed() + ms
    while (!settled) {
      if (this.clock.elapsed() > until) throw new Error('a call is never answered')
      await this.#moment()
    }
    return promise
  }

  async pass(ms: number): Promise<void> {
    const until = this.clock.elapsed() + ms
    while (this.clock.elapsed() < until) await this.#moment()
  }

  /** Waits until no purchase is unsettled, nothing is held, each cart knows what was bought of it and the files have caught up. */
  async rest(): Promise<boolean> {
    for (let left = 300; left > 0; left--) {
      const { order } = this.#lives
      const unsettled = Object.values(order?.running?.coordinator.unsettled ?? {})
      if (this.#sells() && unsettled.every((count) => count === 0) && order?.running?.carts.untaken === 0) {
        await this.pass(60)
        return true
      }
      await this.#moment()
    }
    return false
  }

  /** Stops all as Ctrl-C does, the order service first. Whether all stopped in order. */
  async stop(): Promise<boolean> {
    this.#on = false
    let clean = true
    for (const service of services.toReversed()) {
      const life = this.#lives[service]
      const { running } = life ?? {}
      if (life === undefined || life.over || life.leaving || running === undefined) clean = false
      else
        try {
          await this.settle(Promise.race([running.close(), life.gone]))
        } catch {
          clean = false
        }
      if (life !== undefined) bury(life)
    }
    return clean
  }

  /** SIGKILL to all. */
  kill(): void {
    this.#on = false
    for (const life of Object.values(this.#lives)) bury(life)
  }

  async buy(key: string, basket: Basket): Promise<Answer> {
    try {
      return { is: 'done', number: await this.#ask('order', (order) => buyAt(order, key, basket, this.clock)) }
    } catch (error) {
      return answerOf(error)
    }
  }

  /** A purchase whose row cannot be written: all of it is given back. */
  async buyInVain(lines: readonly Line[], user: string): Promise<Answer> {
    const commit = () => Promise.reject(new StoreError('unavailable', 'made up: no room for the row'))
    try {
      await this.#ask('order', ({ coordinator }) =>
        attempt(coordinator, lines, user, this.clock.elapsed() + 10_000, commit),
      )
      return { is: 'done', number: -1 }
    } catch (error) {
      return answerOf(error)
    }
  }

  /** The number is the movement's. */
  async change(command: Command, books: Books = 'catalog'): Promise<Answer> {
    try {
      const outcome = await this.#ask(books, async ({ ledger }) => (await ledger.execute([command]))[0]!)
      if (outcome.outcome === 'changed') return { is: 'done', number: outcome.movement }
      return { is: 'refused', code: outcome.outcome === 'refused' ? outcome.reason : outcome.outcome }
    } catch (error) {
      return answerOf(error)
    }
  }

  async cart(op: CartOp): Promise<CartAnswered> {
    try {
      return { is: 'done', shown: shownOf(await this.#ask('cart', (cart) => runOne(cart, op))) }
    } catch (error) {
      return answerOf(error)
    }
  }

  /** A read; undefined where it failed. */
  async read<S extends Service, Result>(
    service: S,
    work: (running: Running[S]) => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await this.#ask(service, work)
    } catch {
      return undefined
    }
  }

  #files(): Map<string, Buffer> {
    return new Map(this.disk.paths().map((path) => [path, this.disk.read(path)!]))
  }

  #sells(): boolean {
    const serves = (life: Life<unknown> | undefined) => life?.running !== undefined && !life.over && !life.leaving
    if (!services.every((service) => serves(this.#lives[service]))) return false
    return this.#lives.order!.running!.coordinator.notReady === undefined
  }

  async #moment(): Promise<void> {
    for (let i = 1; i < this.#turns; i++) await turn()
    await this.clock.pass(10)
  }

  async #ask<S extends Service, Result>(service: S, work: (running: Running[S]) => Promise<Result>): Promise<Result> {
    const life = this.#lives[service]
    if (life?.running === undefined || life.over || life.leaving)
      throw new StoreError('unavailable', `the ${service} service cannot be reached`, { cause: 'it is down' })
    return Promise.race([work(life.running as Running[S]), life.gone])
  }

  #spawn(service: Service): void {
    const life = newLife<never>(this.disk.mount(this.calls))
    this.#lives[service] = life
    const before = this.#files()
    void life.mount.ended.then(() => this.#end(service, life))
    const options = {
      files: life.mount,
      clock: clockOf(life, this.clock),
      note: (sentence: string) => this.notes.push(sentence),
      end: (error: Error, { silent }: { silent: boolean }) => this.#giveUp(service, life, error, silent),
    }
    this.#start(service, options, life).then(
      (running) => {
        if (!life.over) life.running = running as never
      },
      (error: unknown) => {
        if (life.over) return
        if (error instanceof StartError) {
          this.refused = error
          const after = this.#files()
          for (const [path, bytes] of before)
            if (path.startsWith(`/data/${service}/`) && after.get(path)?.equals(bytes) !== true) this.touched.push(path)
          return this.kill()
        }
        this.failedStarts += 1
        this.#end(service, life)
      },
    )
  }

  #start(service: Service, options: LocalOptions, life: Life<never>): Promise<Running[Service]> {
    if (service === 'catalog') return startLocalCatalog(options)
    if (service === 'payment') return startLocalPayment(options)
    if (service === 'cart') return startLocalCart(options)
    return startLocalOrder(options, {
      catalog: this.#channelOf(life, 'catalog'),
      payment: this.#channelOf(life, 'payment'),
      query: (toy) => this.#query(life, toy),
      cart: (op) => this.#askFrom(life, 'cart', (cart) => runOne(cart, op)),
    })
  }

  /** What the catalog shows of a toy, asked by this order service. */
  async #query(life: Life<never>, name: string): ReturnType<CatalogClient['query']> {
    const account = await this.#askFrom(life, 'catalog', ({ ledger }) => ledger.account(name))
    return { toy: account && toyOf(name, account), at: undefined, changed: undefined }
  }

  #giveUp(service: Service, life: Life<never>, error: Error, silent: boolean): void {
    if (life.over || life.leaving) return
    this.ended.push({ service, error, silent })
    life.leaving = true
    if (silent) this.#end(service, life)
    else this.clock.after(graceMs, () => this.#end(service, life))
  }

  #end(service: Service, life: Life<never>): void {
    if (life.over) return
    bury(life)
    if (this.#on)
      this.clock.after(againMs[service], () => this.#on && this.#lives[service] === life && this.#spawn(service))
  }

  /**
   * To a ledger, for as long as this order service lives. Commands come one by one, as the ledger's route takes them;
   * an answer never tells why a disk refused.
   */
  #channelOf(life: Life<never>, to: Books): (commands: readonly Command[]) => Promise<Outcome[]> {
    const execute = async ({ ledger }: LocalLedger, command: Command): Promise<Outcome> => {
      try {
        return (await ledger.execute([command]))[0]!
      } catch (error) {
        throw asTold(error)
      }
    }
    return (commands) =>
      this.#askFrom(life, to, (running) => Promise.all(commands.map((command) => execute(running, command))))
  }

  /** What another service is asked by this one, for as long as it lives. */
  async #askFrom<S extends Service, Result>(
    life: Life<never>,
    to: S,
    work: (running: Running[S]) => Promise<Result>,
  ): Promise<Result> {
    if (life.over) return never
    try {
      return await this.#ask(to, work)
    } finally {
      if (life.over) await never // nobody is there to hear it
    }
  }
}

/** As the cart service's route answers. */
async function runOne({ carts }: LocalCart, op: CartOp): Promise<CartAnswer> {
  const [answer] = await carts.runAll([op])
  return orThrow(answer instanceof Error ? asTold(answer) : answer!)
}

/** What a caller is told of an error. */
const asTold = (error: unknown): StoreError =>
  error instanceof StoreError ? new StoreError(error.code, error.message) : new StoreError('internal', 'internal error')
