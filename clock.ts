/** Time as an argument, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since 1970; may jump. For dates that are written down. */
  now(): number
  /** Milliseconds since some fixed point; never goes back. For deadlines. */
  elapsed(): number
  /** Calls `work` once after `ms` milliseconds; the returned function calls it off. */
  after(ms: number, work: () => void): () => void
}

export const realClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` milliseconds of the given clock; at once when there is nothing to wait for. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  if (ms <= 0) return Promise.resolve()
  return new Promise((resolve) => {
    clock.after(ms, resolve)
  })
}
