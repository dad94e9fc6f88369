/**
 * Which of very many texts came before, in memory of a fixed size. A filter says "new" or "perhaps not"; what is perhaps not
 * new is only a candidate, and a second reading of the same texts tells which candidates really came twice.
 *
 * The filter is a split block Bloom filter: a text sets one bit in each of the 8 words of one 32-byte block, so that it costs
 * one access to memory (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007; as in the Parquet
 * format's BloomFilter.md). 64 MB are 2^21 blocks. Ten million orders have twenty million texts, a key and an attempt
 * each: 9.5 a block, so a word's bit is set by others with 1 - (31/32)^9.5 = 0.26, and a new text is taken for an old one
 * with 0.26^8 = 0.00002 at the end, on average over the file with less than a tenth of that: some dozens of candidates.
 */
import { randomInt } from 'node:crypto'

const blockBytes = 32

/** How much memory may be taken; a test takes less, to have many candidates and parts. */
export interface RepeatLimits {
  filterBytes: number
  /** What of a file is one part: a larger one is read once more for each further part, to keep candidates few. */
  partBytes: number
}
export const repeatLimits: RepeatLimits = { filterBytes: 64 << 20, partBytes: 2 ** 31 }

/** Odd numbers, each of which turns one hash into another bit: those of the Parquet format. */
const salts = Uint32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31,
)

/** Says of a hash, once it has been added, whether it perhaps was before. It never says "new" of one that was. */
export class Filter {
  readonly #words: Uint32Array
  readonly #blocks: number

  /** For a file of so many bytes, half as large as the file, and never larger than `bytesMax`. */
  constructor(fileBytes: number, bytesMax: number) {
    this.#blocks = Math.ceil(Math.max(1, Math.min(bytesMax, fileBytes / 2) / blockBytes))
    this.#words = new Uint32Array((this.#blocks * blockBytes) / 4)
  }

  /** True where all its bits were set. */
  add({ high, low }: Hash): boolean {
    const words = this.#words
    const first = Math.floor((high * this.#blocks) / 2 ** 32) * 8
    let missing = 0
    for (let i = 0; i < 8; i++) {
      const bit = 1 << (Math.imul(low, salts[i]!) >>> 27)
      const word = words[first + i]!
      missing |= ~word & bit
      words[first + i] = word | bit
    }
    return missing === 0
  }
}

/** 64 bits of a text's bytes. Each reading has a seed of its own: who chooses keys cannot make them meet. */
export class Hash {
  high = 0
  low = 0
  readonly #seed: number

  constructor(seed = randomInt(2 ** 32)) {
    this.#seed = seed
  }

  /** Of a part of `bytes`. Two lanes of multiply and mix, each with another odd number. */
  ofBytes(bytes: Uint8Array, start: number, end: number): this {
    let a = this.#seed
    let b = Math.imul(this.#seed, 0x85ebca6b) ^ 1
    for (let i = start; i < end; i++) {
      a = Math.imul(a ^ bytes[i]!, 0x9e3779b1)
      b = Math.imul(b ^ bytes[i]!, 0x5f356495)
      a = (a << 13) | (a >>> 19)
    }
    return this.#finish(a, b)
  }

  /** Of a text; never meant to equal that of the same text as bytes. */
  ofText(text: string): this {
    let a = ~this.#seed
    let b = Math.imul(this.#seed, 0x85ebca6b) ^ 2
    for (let i = 0; i < text.length; i++) {
      a = Math.imul(a ^ text.charCodeAt(i), 0x9e3779b1)
      b = Math.imul(b ^ text.charCodeAt(i), 0x5f356495)
      a = (a << 13) | (a >>> 19)
    }
    return this.#finish(a, b)
  }

  #finish(a: number, b: number): this {
    const first = Math.imul(a ^ (b >>> 16), 0x85ebca6b)
    const second = Math.imul(b ^ (first >>> 13), 0xc2b2ae35)
    this.high = (first ^ (second >>> 16)) >>> 0
    this.low = (second ^ (first >>> 15)) >>> 0
    return this
  }

  /** Equal for equal texts, and for one in 2^53 other pairs. */
  get number(): number {
    return this.high * 2 ** 21 + (this.low >>> 11)
  }
}
