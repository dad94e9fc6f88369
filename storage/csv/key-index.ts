/**
 * Which order an idempotency key belongs to, for the last 1,048,576 orders in 16 MB: a 64-bit hash a number, to be
 * confirmed by reading the row. An order's place is its number modulo the capacity, so the oldest makes room by itself.
 */
import { crc32 } from 'node:zlib'

export const keysRemembered = 1 << 20
const mask = keysRemembered - 1

export class KeyIndex {
  readonly #low = new Uint32Array(keysRemembered)
  readonly #high = new Uint32Array(keysRemembered)
  /** Chains of places by hash, as place + 1; 0 ends one. */
  readonly #heads = new Uint32Array(keysRemembered)
  readonly #next = new Uint32Array(keysRemembered)
  readonly #used = new Uint8Array(keysRemembered >> 3)
  #newest = 0

  /** Numbers may come in any order; those too old for the capacity are passed over. */
  add(key: string, number: number): void {
    if (number <= this.#newest - keysRemembered) return
    const place = number & mask
    if (this.#isUsed(place)) this.#unlink(place)
    this.#newest = Math.max(this.#newest, number)
    const [low, high] = hash(key)
    this.#low[place] = low
    this.#high[place] = high
    this.#next[place] = this.#heads[low & mask]!
    this.#heads[low & mask] = place + 1
    this.#used[place >> 3]! |= 1 << (place & 7)
  }

  /** The numbers that may have this key, newest chain first. */
  find(key: string): number[] {
    const [low, high] = hash(key)
    const numbers: number[] = []
    for (let link = this.#heads[low & mask]!; link !== 0; link = this.#next[link - 1]!) {
      const place = link - 1
      if (this.#low[place] === low && this.#high[place] === high)
        numbers.push(this.#newest - ((this.#newest - place) & mask))
    }
    return numbers
  }

  #isUsed(place: number): boolean {
    return (this.#used[place >> 3]! & (1 << (place & 7))) !== 0
  }

  #unlink(place: number): void {
    const bucket = this.#low[place]! & mask
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
