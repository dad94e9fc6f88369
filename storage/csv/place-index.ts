/**
 * Where the last row of each key stands: from a seeded 64-bit hash of the key to a place, in 16 bytes a slot, of which three
 * to six of eight are taken. Of two keys with one hash both places are kept: who asks confirms by reading the rows.
 *
 * The table is cut into shards that grow by themselves, so that no one waits while a large one is made anew. `take` or
 * `takeBytes` says which key is meant; what follows without an `await` is about that one.
 */
import { randomInt } from 'node:crypto'
import { KeyHash } from './key-hash.ts'

interface Shard {
  /** Four words a slot: the hash's halves, then the place's; the place 0 is an empty slot. */
  slots: Uint32Array
  used: number
  /** Slots, a power of two, less one. */
  mask: number
}

const shardsCount = 256
const words = 4
const slotsAtFirst = 8
const half = 2 ** 32

export class PlaceIndex {
  readonly #hash: KeyHash
  readonly #bits: number
  readonly #shards: Shard[]
  #shard: Shard
  #low = 0
  #high = 0
  #size = 0

  /** `bits`: those of each half of the hash that count; fewer make keys share one. */
  constructor({ seed = randomInt(2 ** 32), bits = 0xffffffff } = {}) {
    this.#hash = new KeyHash(seed)
    this.#bits = bits
    const wordsAtFirst = slotsAtFirst * words
    const all = new Uint32Array(shardsCount * wordsAtFirst) // one buffer is made much faster than so many
    this.#shards = Array.from({ length: shardsCount }, (_, i) =>
      shardOf(all.subarray(i * wordsAtFirst, (i + 1) * wordsAtFirst)),
    )
    this.#shard = this.#shards[0]!
  }

  /** How many places it holds. */
  get size(): number {
    return this.#size
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.#shards.reduce((sum, { slots }) => sum + slots.byteLength, 0)
  }

  take(key: string): void {
    this.#hash.ofText(key)
    this.#choose()
  }

  /** The same of a key that stands in a file's bytes. False, and none is meant, where it is not all ASCII. */
  takeBytes(bytes: Uint8Array, from: number, to: number): boolean {
    if (!this.#hash.ofBytes(bytes, from, to)) return false
    this.#choose()
    return true
  }

  /** The places that may be the key's. */
  places(): number[] {
    const places: number[] = []
    for (let slot = this.#next(this.#home()); slot !== -1; slot = this.#next(this.#after(slot)))
      places.push(this.#place(slot))
    return places
  }

  /** The only place that may be the key's; 0 where there is none, -1 where there are several. */
  only(): number {
    const slot = this.#next(this.#home())
    if (slot === -1) return 0
    return this.#next(this.#after(slot)) === -1 ? this.#place(slot) : -1
  }

  has(place: number): boolean {
    return this.#slotOf(place) !== -1
  }

  /** A place above 0. */
  add(place: number): void {
    const shard = this.#shard
    if ((shard.used + 1) * 4 > (shard.mask + 1) * 3) grow(shard)
    let slot = this.#home()
    while (!isEmpty(shard, slot)) slot = this.#after(slot)
    shard.slots[slot * words] = this.#low
    shard.slots[slot * words + 1] = this.#high
    this.#setPlace(slot, place)
    shard.used += 1
    this.#size += 1
  }

  /** False, and nothing is changed, where the key has no such place. */
  replace(place: number, by: number): boolean {
    const slot = this.#slotOf(place)
    if (slot !== -1) this.#setPlace(slot, by)
    return slot !== -1
  }

  remove(place: number): boolean {
    const slot = this.#slotOf(place)
    if (slot === -1) return false
    close(this.#shard, slot)
    this.#shard.used -= 1
    this.#size -= 1
    return true
  }

  #choose(): void {
    this.#low = (this.#hash.low & this.#bits) >>> 0
    this.#high = (this.#hash.high & this.#bits) >>> 0
    this.#shard = this.#shards[this.#high & (shardsCount - 1)]!
  }

  #home(): number {
    return this.#low & this.#shard.mask
  }

  #after(slot: number): number {
    return (slot + 1) & this.#shard.mask
  }

  /** The first slot with the key's hash, from this one on; -1 where an empty one comes first. */
  #next(from: number): number {
    const { slots, mask } = this.#shard
    for (let slot = from; ; slot = (slot + 1) & mask) {
      const at = slot * words
      if (slots[at + 2] === 0 && slots[at + 3] === 0) return -1
      if (slots[at] === this.#low && slots[at + 1] === this.#high) return slot
    }
  }

  #slotOf(place: number): number {
    for (let slot = this.#next(this.#home()); slot !== -1; slot = this.#next(this.#after(slot)))
      if (this.#place(slot) === place) return slot
    return -1
  }

  #place(slot: number): number {
    const { slots } = this.#shard
    return slots[slot * words + 3]! * half + slots[slot * words + 2]!
  }

  #setPlace(slot: number, place: number): void {
    const { slots } = this.#shard
    slots[slot * words + 2] = place % half
    slots[slot * words + 3] = Math.floor(place / half)
  }
}

const shardOf = (slots: Uint32Array): Shard => ({ slots, used: 0, mask: slots.length / words - 1 })

const isEmpty = ({ slots }: Shard, slot: number): boolean =>
  slots[slot * words + 2] === 0 && slots[slot * words + 3] === 0

function grow(shard: Shard): void {
  const old = shard.slots
  Object.assign(shard, { ...shardOf(new Uint32Array(old.length * 2)), used: shard.used })
  for (let at = 0; at < old.length; at += words) {
    if (old[at + 2] === 0 && old[at + 3] === 0) continue
    let slot = old[at]! & shard.mask
    while (!isEmpty(shard, slot)) slot = (slot + 1) & shard.mask
    for (let word = 0; word < words; word++) shard.slots[slot * words + word] = old[at + word]!
  }
}

/** Empties a slot; those behind it that came past it move up, so that no search ends before them. */
function close({ slots, mask }: Shard, slot: number): void {
  let hole = slot
  for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
    const at = next * words
    if (slots[at + 2] === 0 && slots[at + 3] === 0) break
    const home = slots[at]! & mask
    if (((next - home) & mask) < ((next - hole) & mask)) continue
    slots.copyWithin(hole * words, at, at + words)
    hole = next
  }
  slots.fill(0, hole * words, (hole + 1) * words)
}
