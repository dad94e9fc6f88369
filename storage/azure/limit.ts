/** How long a call may take, and how many go at a time. */
import type { Clock } from '../../clock.ts'

/** Of one call: whoever works for it stops when `signal` is aborted. */
export interface Limit {
  readonly signal: AbortSignal
  /** In milliseconds. */
  leftMs(): number
}

/** Does the work under a limit of so many milliseconds. */
export async function within<Result>(
  clock: Clock,
  ms: number,
  work: (limit: Limit) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController()
  const end = clock.elapsed() + ms
  const callOff = clock.after(ms, () => stop.abort())
  try {
    return await work({ signal: stop.signal, leftMs: () => end - clock.elapsed() })
  } finally {
    callOff()
  }
}

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      callOff()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const callOff = clock.after(ms, end)
    signal.addEventListener('abort', end)
  })
}

/** At most so many at a time, in the order of their coming. */
export class Places {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async with<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
