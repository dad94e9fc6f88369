/**
 * A waiting room: while one batch is under way, what arrives is collected, and the next batch takes it all; alone, an item
 * leaves at once. Group commit shares a sync this way, and a hop between services a request. Always: one batch at a time,
 * in order of arrival, both bounded.
 */
import { StoreError } from './errors.ts'

interface Waiting<In, Out> {
  item: In
  resolve: (out: Out) => void
  reject: (error: unknown) => void
}

export interface BatchOptions<In, Out> {
  /** Answers a batch in its order, an Error for what failed alone; rejecting rejects all of it. */
  run: (batch: In[]) => Promise<(Out | Error)[]>
  batchMax: number
  queueMax: number
  /** An item's share of a batch; 1 where it is not given. */
  weight?: (item: In) => number
  watch?: QueueWatch | undefined
}

/** Given how to ask how many items no batch has taken yet; what it returns is told how many each batch takes. */
export type QueueWatch = (waiting: () => number) => (size: number) => void

export class BatchQueue<In, Out> {
  readonly #options: BatchOptions<In, Out>
  readonly #onBatch: ((size: number) => void) | undefined
  #waiting: Waiting<In, Out>[] = []
  #running: Promise<void> | undefined

  constructor(options: BatchOptions<In, Out>) {
    this.#options = options
    this.#onBatch = options.watch?.(() => this.#waiting.length)
  }

  /** Throws `unavailable` where the queue is full: then nothing was begun. */
  submit(item: In): Promise<Out> {
    if (this.#waiting.length >= this.#options.queueMax)
      return Promise.reject(new StoreError('unavailable', 'too much is waiting; try again in a moment'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#running ??= this.#drain()
    })
  }

  /** Resolves when it is idle. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #drain(): Promise<void> {
    await undefined // what was submitted in the same turn goes together
    while (this.#waiting.length > 0) {
      const batch = this.#next()
      this.#onBatch?.(batch.length)
      try {
        const outs = await this.#options.run(batch.map(({ item }) => item))
        for (const [i, { resolve, reject }] of batch.entries()) {
          const out = outs[i]!
          if (out instanceof Error) reject(out)
          else resolve(out)
        }
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#running = undefined
  }

  #next(): Waiting<In, Out>[] {
    const { batchMax, weight } = this.#options
    let load = 0
    let count = 0
    for (; count < this.#waiting.length; count++) {
      load += weight?.(this.#waiting[count]!.item) ?? 1
      if (load > batchMax && count > 0) break
    }
    return this.#waiting.splice(0, count)
  }
}
