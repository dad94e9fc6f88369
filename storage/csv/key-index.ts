/**
 * Which order an idempotency key belongs to, for the last 1,048,576 orders in 16 MB: a 64-bit hash a number, to be
 * confirmed by reading the row. An order's place is its number modulo the capacity, so the oldest makes room by itself.
 * All of its memory is taken at once, so that a store of ten million orders needs no more than a new one.
 */
import { randomInt } from 'node:crypto'
import { KeyHash } from './key-hash.ts'

export const keysRemembered = 1 << 20

export class KeyIndex {
  readonly #capacity: number
  readonly #mask: number
  readonly #hash: KeyHash
  readonly #low: Uint32Array
  readonly #high: Uint32Array
  /** Chains of places by hash, as place + 1; 0 ends one. */
  readonly #heads: Uint32Array
  readonly #next: Uint32Array
  readonly #used: Uint8Array
  #newest = 0

  /** `capacity`: a power of two, at least 8. `seed`: keys are the callers' choice, and none can be chosen to share a chain. */
  constructor(capacity = keysRemembered, seed = randomInt(2 ** 32)) {
    this.#capacity = capacity
    this.#mask = capacity - 1
    this.#hash = new KeyHash(seed)
    const touched = () => new Uint32Array(capacity).fill(0) // else the system gives the memory only page by page, later
    this.#low = touched()
    this.#high = touched()
    this.#heads = touched()
    this.#next = touched()
    this.#used = new Uint8Array(capacity >> 3).fill(0)
  }

  /** Numbers may come in any order; those too old for the capacity are passed over. */
  add(key: string, number: number): void {
    this.#hash.ofText(key)
    this.#add(number)
  }

  /** The same of a key that stands in a file's bytes. False, and nothing is added, where it is not all ASCII. */
  addBytes(bytes: Uint8Array, from: number, to: number, number: number): boolean {
    if (!this.#hash.ofBytes(bytes, from, to)) return false
    this.#add(number)
    return true
  }

  /** The numbers that may have this key, newest chain first. */
  find(key: string): number[] {
    this.#hash.ofText(key)
    const numbers: number[] = []
    const { low, high } = this.#hash
    for (let link = this.#heads[low & this.#mask]!; link !== 0; link = this.#next[link - 1]!) {
      const place = link - 1
      if (this.#low[place] === low && this.#high[place] === high)
        numbers.push(this.#newest - ((this.#newest - place) & this.#mask))
    }
    return numbers
  }

  #add(number: number): void {
    if (number <= this.#newest - this.#capacity) return
    const place = number & this.#mask
    if (this.#isUsed(place)) this.#unlink(place)
    this.#newest = Math.max(this.#newest, number)
    const { low, high } = this.#hash
    const head = low & this.#mask
    this.#low[place] = low
    this.#high[place] = high
    this.#next[place] = this.#heads[head]!
    this.#heads[head] = place + 1
    this.#used[place >> 3]! |= 1 << (place & 7)
  }

  #isUsed(place: number): boolean {
    return (this.#used[place >> 3]! & (1 << (place & 7))) !== 0
  }

  #unlink(place: number): void {
    const bucket = this.#low[place]! & this.#mask
    if (this.#heads[bucket] === place + 1) {
      this.#heads[bucket] = this.#next[place]!
      return
    }
    for (let link = this.#heads[bucket]!; link !== 0; link = this.#next[link - 1]!) {
      if (this.#next[link - 1] !== place + 1) continue
      this.#next[link - 1] = this.#next[place]!
      return
    }
  }
}
