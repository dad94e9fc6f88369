/**
 * Which order an idempotency key belongs to, for the last 1,048,576 orders in 16 MB: a 64-bit hash a number, to be
 * confirmed by reading the row. An order's place is its number modulo the capacity, so the oldest makes room by itself.
 */
import { crc32 } from 'node:zlib'

export const keysRemembered = 1 << 20

export class KeyIndex {
  readonly #capacity: number
  readonly #mask: number
  readonly #low: Uint32Array
  readonly #high: Uint32Array
  /** Chains of places by hash, as place + 1; 0 ends one. */
  readonly #heads: Uint32Array
  readonly #next: Uint32Array
  readonly #used: Uint8Array
  #newest = 0

  /** `capacity`: a power of two, at least 8. */
  constructor(capacity = keysRemembered) {
    this.#capacity = capacity
    this.#mask = capacity - 1
    this.#low = new Uint32Array(capacity)
    this.#high = new Uint32Array(capacity)
    this.#heads = new Uint32Array(capacity)
    this.#next = new Uint32Array(capacity)
    this.#used = new Uint8Array(capacity >> 3)
  }

  /** Numbers may come in any order; those too old for the capacity are passed over. */
  add(key: string, number: number): void {
    if (number <= this.#newest - this.#capacity) return
    const place = number & this.#mask
    if (this.#isUsed(place)) this.#unlink(place)
    this.#newest = Math.max(this.#newest, number)
    const [low, high] = hash(key)
    this.#low[place] = low
    this.#high[place] = high
    this.#next[place] = this.#heads[low & this.#mask]!
    this.#heads[low & this.#mask] = place + 1
    this.#used[place >> 3]! |= 1 << (place & 7)
  }

  /** The numbers that may have this key, newest chain first. */
  find(key: string): number[] {
    const [low, high] = hash(key)
    const numbers: number[] = []
    for (let link = this.#heads[low & this.#mask]!; link !== 0; link = this.#next[link - 1]!) {
      const place = link - 1
      if (this.#low[place] === low && this.#high[place] === high)
        numbers.push(this.#newest - ((this.#newest - place) & this.#mask))
    }
    return numbers
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

/** Two 32-bit halves: CRC-32, and FNV-1a over UTF-16 units. */
function hash(key: string): [number, number] {
  let fnv = 0x811c9dc5
  for (let i = 0; i < key.length; i++) fnv = Math.imul(fnv ^ key.charCodeAt(i), 0x01000193)
  return [crc32(key), fnv >>> 0]
}
