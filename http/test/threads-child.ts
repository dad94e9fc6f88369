/** A service for threads.test.ts, and its owner's program: the argument says how it behaves. */
import { threadId } from 'node:worker_threads'
import { realClock } from '../../clock.ts'
import { StartError } from '../../errors.ts'
import { metricsRoute } from '../metrics.ts'
import type { Route } from '../routes.ts'
import { createServer } from '../server.ts'
import { runThread } from '../thread.ts'

/** What a thread is given: `broken` ends it before it has built anything. */
export interface ChildGiven {
  behaviour: 'well' | 'broken' | 'misconfigured'
}

/** What its owner does. */
export type ChildOwner = {
  hold: (name: string) => Promise<string>
}

runThread<ChildGiven, ChildOwner>(({ given: { behaviour }, owner, log, metrics, limits, again }) => {
  if (behaviour === 'broken') throw new Error('broken')
  if (behaviour === 'misconfigured') throw new StartError('mend it')
  const told: string[] = []
  const routes: Route[] = [
    { method: 'GET', path: '/who', handle: () => ({ data: { thread: threadId, again } }) },
    { method: 'GET', path: '/told', handle: () => ({ data: told }) },
    { method: 'GET', path: '/limits', handle: () => ({ data: limits }) },
    {
      method: 'POST',
      path: '/hold/:name',
      handle: async ({ params }) => ({ data: await owner.call('hold', params.name!) }),
    },
    {
      method: 'POST',
      path: '/crash',
      handle() {
        setImmediate(() => {
          throw new Error('planted')
        })
        return new Promise(() => {})
      },
    },
    metricsRoute(metrics),
  ]
  const { listen, close } = createServer({ routes, log, metrics, limits, clock: realClock })
  return { listen, close, hears: { note: (word: string) => void told.push(word) } }
})
