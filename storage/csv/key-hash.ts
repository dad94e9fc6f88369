/**
 * A 64-bit hash of a key, the same whether the key is a string or stands in a file's bytes. Seeded: keys are the callers'
 * choice, and none can be chosen to share a hash.
 *
 * Two lanes, each a step of FNV-1a with a multiplier of its own over UTF-16 units or bytes, which are the same where all are
 * ASCII; the last step is that of MurmurHash3, so that every bit tells of every unit.
 */
export class KeyHash {
  readonly #seed: number
  /** The halves of the hash that was last taken. */
  low = 0
  high = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  ofText(key: string): void {
    let low = this.#seed | 0
    let high = ~this.#seed
    for (let i = 0; i < key.length; i++) {
      const unit = key.charCodeAt(i)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b)
      high ^= high >>> 15
    }
    this.low = mixed(low)
    this.high = mixed(high)
  }

  /** False where they are not all ASCII: then the hash is not that of the key's text. */
  ofBytes(bytes: Uint8Array, from: number, to: number): boolean {
    let low = this.#seed | 0
    let high = ~this.#seed
    let all = 0
    for (let i = from; i < to; i++) {
      const unit = bytes[i]!
      all |= unit
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x85ebca6b)
      high ^= high >>> 15
    }
    this.low = mixed(low)
    this.high = mixed(high)
    return all < 0x80
  }
}

function mixed(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
