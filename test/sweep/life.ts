/** One process of a service, from its start to its end. */
import type { Clock } from '../../clock.ts'
import { StoreError } from '../../errors.ts'
import type { Mount } from '../../storage/test/memory-disk.ts'

export interface Life<Started> {
  mount: Mount
  running: Started | undefined
  /** It takes no new requests, but answers those that it has. */
  leaving: boolean
  over: boolean
  /** Rejects when the process is gone. */
  gone: Promise<never>
  sayGone: (error: Error) => void
}

export function newLife<Started>(mount: Mount): Life<Started> {
  const { promise: gone, reject: sayGone } = Promise.withResolvers<never>()
  gone.catch(() => {})
  return { mount, running: undefined, leaving: false, over: false, gone, sayGone }
}

/** It does nothing more, and who waits for it is told so. */
export function bury(life: Life<unknown>): void {
  life.over = true
  life.mount.kill()
  life.sayGone(new StoreError('outcome_unknown', 'no answer: the service has ended', { cause: 'it has ended' }))
}

/** What a process that has ended had still to do is not done when its time comes. */
export function clockOf(life: Life<unknown>, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    after: (ms, work) => clock.after(ms, () => life.over || work()),
  }
}

/** The answer of a process that is no more. */
export const never = new Promise<never>(() => {})
