/**
 * The values that were last used, so many at most: in two halves, of which the older goes as a whole when the younger is
 * full. A single map, from which the oldest is always taken, would be searched from its emptied start each time.
 */
export class RecentValues<Value> {
  readonly #halfMost: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor(most: number) {
    this.#halfMost = Math.floor(most / 2)
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    this.#old.delete(key)
    if (this.#halfMost === 0) return
    this.#young.set(key, value)
    if (this.#young.size <= this.#halfMost) return
    this.#young.delete(key)
    this.#old = this.#young
    this.#young = new Map([[key, value]])
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
