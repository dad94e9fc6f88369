/**
 * The store under test: our own, with a door (door.ts) in front of each service, and the faults that it is made to suffer.
 * Always: whoever comes to a service, buyer or neighbour, comes through its door; doors and ports stay through every restart.
 */
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { NotOpened, readyUrl, type Store, type StoreOptions, startStore } from '../own-store.ts'
import { Door } from './door.ts'
import { type Fault, type ServiceName, services } from './faults.ts'
import { Refused } from './folder.ts'

export interface ShopOptions {
  /** Whole, from the root on. */
  dataDir: string
  /** Of each service. */
  threads: number
  /** Sees what passes at the front end's door. */
  watch: (buyer: Socket, frontend: Socket) => void
}

/** A start after a crash reads what there is, which takes seconds where there is much. */
const openMsMax = 60_000

/** What a fault did. */
export interface Strike {
  /** When, of `performance.now()`. */
  at: number
  /** In words: `killed order (kill -9)`. */
  what: string
  /** Resolves when it is over: the process goes on, the door is open, the store runs again. Rejects where that fails. */
  over: Promise<unknown>
}

export class Shop {
  readonly #options: ShopOptions
  readonly #doors: Record<ServiceName, Door>
  readonly #ports: Record<string, string> = {}
  #store: Store
  /** Those that we stop or kill. */
  readonly #meansToEnd = new WeakSet<Store>()
  #whyEnded: string | undefined

  private constructor(options: ShopOptions, doors: Record<ServiceName, Door>, store: Store) {
    this.#options = options
    this.#doors = doors
    this.#store = store
    this.#ports = {
      PORT: new URL(store.url).port,
      CATALOG_PORT: new URL(store.catalogUrl).port,
      PAYMENT_PORT: new URL(store.paymentUrl).port,
      CART_PORT: new URL(store.cartUrl).port,
      ORDER_PORT: new URL(store.orderUrl).port,
    }
    this.#listen(store)
  }

  /** Throws a Refused with the store's own words where it does not open. */
  static async open(options: ShopOptions): Promise<Shop> {
    const output: string[] = []
    const target = (service: ServiceName) => () => URL.parse(readyUrl(output, service)) ?? undefined
    const doors = {
      catalog: await Door.open({ target: target('catalog') }),
      payment: await Door.open({ target: target('payment') }),
      cart: await Door.open({ target: target('cart') }),
      order: await Door.open({ target: target('order') }),
      frontend: await Door.open({ target: target('frontend'), watch: options.watch }),
    }
    try {
      return new Shop(options, doors, await startInTime({ ...optionsOf(options, doors, {}), output }))
    } catch (error) {
      for (const service of services) doors[service].close()
      throw error instanceof NotOpened ? new Refused(whyNotOpened(error)) : error
    }
  }

  /** The front end's door. */
  get url(): string {
    return this.#doors.frontend.url
  }

  /** The front end itself, past its door. */
  get ownUrl(): string {
    return this.#store.url
  }

  /** Resolves as soon as it has struck; when the signal comes, what lasts ends early. */
  strike(fault: Fault, ending: AbortSignal): Promise<Strike> {
    if (fault.kind === 'kill') return fault.victim === 'all' ? this.#killAll() : this.#kill(fault.victim)
    return fault.kind === 'pause' ? this.#pause(fault, ending) : this.#cut(fault, ending)
  }

  /** Why it runs no more, where it ended by itself. */
  get whyEnded(): string | undefined {
    return this.#whyEnded
  }

  /** Stops it in order; where that fails, a sentence. */
  async stop(): Promise<string[]> {
    const store = this.#store
    this.#meansToEnd.add(store)
    const code = await store.stop()
    return code === 0 ? [] : [`The store did not stop in order: its exit code was ${code ?? 'that of a kill'}.`]
  }

  /** On the ports that it had. Throws an Error with the store's own words where it does not open. */
  async start(): Promise<void> {
    try {
      this.#store = await startInTime(optionsOf(this.#options, this.#doors, this.#ports))
    } catch (error) {
      throw error instanceof NotOpened ? new Error(whyNotOpened(error)) : error
    }
    this.#listen(this.#store)
  }

  /** Nothing of it runs afterwards, in whatever state it was. */
  async close(): Promise<void> {
    this.#meansToEnd.add(this.#store)
    await this.#store.kill()
    for (const service of services) this.#doors[service].close()
  }

  async #kill(victim: ServiceName): Promise<Strike> {
    await this.#store.signalService(victim, 'SIGKILL')
    return { at: performance.now(), what: `killed ${victim} (kill -9)`, over: Promise.resolve() }
  }

  async #killAll(): Promise<Strike> {
    const at = performance.now()
    this.#meansToEnd.add(this.#store)
    const over = this.#store.kill().then(() => this.start())
    return { at, what: 'killed all (kill -9) and started the store again', over }
  }

  async #pause({ victim, ms }: Fault & { kind: 'pause' | 'cut' }, ending: AbortSignal): Promise<Strike> {
    const store = this.#store
    await store.signalService(victim, 'SIGSTOP')
    const at = performance.now()
    const over = lasting(ms, ending).then(() => store.signalService(victim, 'SIGCONT'))
    return { at, what: `paused ${victim} for ${seconds(ms)}`, over }
  }

  async #cut({ victim, ms }: Fault & { kind: 'pause' | 'cut' }, ending: AbortSignal): Promise<Strike> {
    const at = performance.now()
    const count = this.#doors[victim].cut()
    const over = lasting(ms, ending).then(() => this.#doors[victim].reopen())
    return { at, what: `cut ${count} connection${count === 1 ? '' : 's'} to ${victim} for ${seconds(ms)}`, over }
  }

  #listen(store: Store): void {
    store.exited.then((code) => {
      if (!this.#meansToEnd.has(store)) this.#whyEnded = whyNotOpened({ code, output: store.output })
    })
  }
}

const optionsOf = (
  { dataDir, threads }: ShopOptions,
  doors: Record<ServiceName, Door>,
  ports: Record<string, string>,
) => ({
  dataDir,
  env: {
    ...ports,
    CATALOG_URL: doors.catalog.url,
    PAYMENT_URL: doors.payment.url,
    CART_URL: doors.cart.url,
    ORDER_URL: doors.order.url,
    THREADS: String(threads),
  },
})

/** A store that never opens must not hold us for ever: it is killed. */
async function startInTime(options: StoreOptions): Promise<Store> {
  let kill = (): unknown => undefined
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    kill()
  }, openMsMax)
  const keepKill = (work: () => unknown): void => {
    kill = work
  }
  try {
    return await startStore({ ...options, t: { teardown: keepKill } })
  } catch (error) {
    throw isLate ? new Error(`the store was not open within ${openMsMax / 1000} s`, { cause: error }) : error
  } finally {
    clearTimeout(timer)
  }
}

/** Its last words, which are a sentence where a person must mend something. */
function whyNotOpened({ code, output }: Pick<NotOpened, 'code' | 'output'>): string {
  const [last = 'it said nothing'] = output.filter((line) => !/^(\{|The toy store is open)/.test(line)).slice(-1)
  return `The store ended by itself${code === 2 ? '' : ` with ${code === null ? 'a signal' : `exit code ${code}`}`}: ${last}`
}

const lasting = (ms: number, signal: AbortSignal): Promise<unknown> => pause(ms, undefined, { signal }).catch(() => {})

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
