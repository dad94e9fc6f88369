/**
 * A waiting room: while a batch is under way, what arrives is collected, and the next batch takes it all; alone, an item
 * leaves at once. Group commit shares a sync this way, and a hop between services a request. Always: at most `parallel`
 * batches at a time, begun in order of arrival, all bounded.
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
  /** How many an item counts as, for `queueMax` and `watch`; 1 where it is not given. */
  count?: (item: In) => number
  /** An item's share of `batchMax`; what it counts as where it is not given. */
  weight?: (item: In) => number
  /** How many batches may be under way at the same time; 1 where it is not given. */
  parallel?: number
  /** What is submitted until it resolves goes together; where it is not given, the same turn's. */
  gather?: () => Promise<void>
  /** Calls back when items that are in no hurry have waited long enough for company. */
  patience?: (over: () => void) => unknown
  watch?: QueueWatch | undefined
}

/** Given how to ask how many items no batch has taken yet; what it returns is told how many each batch takes. */
export type QueueWatch = (waiting: () => number) => (size: number) => void

/** So many are worth a batch of their own. */
const few = 16

const sameTurn = (): Promise<void> => Promise.resolve()

export class BatchQueue<In, Out> {
  readonly #options: BatchOptions<In, Out>
  readonly #onBatch: ((size: number) => void) | undefined
  readonly #running = new Set<Promise<void>>()
  #waiting: Waiting<In, Out>[] = []
  /** How many they count as. */
  #load = 0
  /** Something waits that shall not wait for company. */
  #hurried = false
  #gathering = false
  #patient = false

  constructor(options: BatchOptions<In, Out>) {
    this.#options = options
    this.#onBatch = options.watch?.(() => this.#load)
  }

  /**
   * `patient`: it may wait a moment to go with others. Throws `unavailable` where the queue is full: then nothing was begun.
   */
  submit(item: In, { patient = false }: { patient?: boolean } = {}): Promise<Out> {
    const { queueMax, patience } = this.#options
    if (this.#load >= queueMax)
      return Promise.reject(new StoreError('unavailable', 'too much is waiting; try again in a moment'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#load += this.#count(item)
      if (!patient || patience === undefined) this.#hurry()
      else if (!this.#patient) {
        this.#patient = true
        patience(() => {
          this.#patient = false
          if (this.#waiting.length > 0) this.#hurry()
        })
      }
    })
  }

  /** Resolves when it is idle. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  #hurry(): void {
    this.#hurried = true
    if (this.#gathering || this.#running.size >= (this.#options.parallel ?? 1)) return
    this.#gathering = true
    void this.#drain()
  }

  /** Never rejects. */
  async #drain(): Promise<void> {
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    this.#running.add(over)
    await (this.#options.gather ?? sameTurn)()
    this.#gathering = false
    while (this.#hurried && this.#waiting.length > 0) {
      const batch = this.#next()
      this.#hurried = this.#waiting.length > 0
      const size = batch.reduce((sum, { item }) => sum + this.#count(item), 0)
      this.#load -= size
      this.#onBatch?.(size)
      try {
        const outs = await this.#options.run(batch.map(({ item }) => item))
        for (let i = 0; i < batch.length; i++) {
          const out = outs[i]!
          if (out instanceof Error) batch[i]!.reject(out)
          else batch[i]!.resolve(out)
        }
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      // Who was answered asks again at once: a moment later more go together.
      if (this.#hurried && this.#waiting.length < few) await this.#options.gather?.()
    }
    this.#running.delete(over) // in the same turn in which nothing was left: who comes next begins anew
    end()
  }

  #count(item: In): number {
    return this.#options.count?.(item) ?? 1
  }

  #next(): Waiting<In, Out>[] {
    const { batchMax, count: counted, weight = counted } = this.#options
    if (weight === undefined && this.#waiting.length <= batchMax) {
      const all = this.#waiting
      this.#waiting = []
      return all
    }
    let load = 0
    let count = 0
    for (; count < this.#waiting.length; count++) {
      load += weight?.(this.#waiting[count]!.item) ?? 1
      if (load > batchMax && count > 0) break
    }
    return this.#waiting.splice(0, count)
  }
}
