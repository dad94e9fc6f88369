/** The cart service's threads, as the one that owns the carts sees them. */
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Metrics } from '../http/metrics.ts'
import { type Told, toldOf } from '../http/thread-calls.ts'
import { createThreads, type Threads } from '../http/threads.ts'
import type { Settings } from '../settings.ts'
import type { CartAnswer, CartOp } from './client.ts'
import type { ServedCarts } from './server.ts'

/** What a thread is given. */
export type CartGiven = Pick<Settings, 'internalToken'>

/** What the owner does for a thread. */
export type CartOwner = ReturnType<typeof workOf>

interface CartThreadsOptions {
  carts: ServedCarts
  settings: Settings
  log: Logger
  clock: Clock
  metrics: Metrics
  end: (error: unknown) => void
}

/** In the place of the cart service's server. */
export function createCartThreads({ carts, settings, ...rest }: CartThreadsOptions): Threads {
  return createThreads<CartGiven>({
    ...rest,
    program: new URL('./thread.ts', import.meta.url),
    count: settings.threads,
    service: 'cart',
    given: { internalToken: settings.internalToken },
    work: () => workOf(carts),
  })
}

const workOf = (carts: ServedCarts) => ({
  runAll: async (ops: readonly CartOp[]): Promise<Told<CartAnswer>[]> => toldOf(await carts.runAll(ops)),
})
