/**
 * The values that were last used, of a bounded weight together: in two halves, of which the older goes as a whole when the
 * younger is full. A single map, from which the oldest is always taken, would be searched from its emptied start each time.
 */
export class RecentValues<Value> {
  readonly #halfMost: number
  readonly #weigh: (value: Value) => number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()
  /** Of the younger half. */
  #weight = 0

  /** `most`: what all weigh together; a value weighs 1 unless `weigh` says otherwise. */
  constructor(most: number, weigh: (value: Value) => number = () => 1) {
    this.#halfMost = Math.floor(most / 2)
    this.#weigh = weigh
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    this.delete(key)
    const weight = this.#weigh(value)
    if (weight > this.#halfMost) return
    if (this.#weight + weight > this.#halfMost) {
      this.#old = this.#young
      this.#young = new Map()
      this.#weight = 0
    }
    this.#weight += weight
    this.#young.set(key, value)
  }

  delete(key: string): void {
    const young = this.#young.get(key)
    if (young !== undefined) this.#weight -= this.#weigh(young)
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
