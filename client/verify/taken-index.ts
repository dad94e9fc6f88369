/**
 * What each cart says was taken out of it last, by a hash of its customer, in memory of a fixed size. Where there are more
 * carts than that, only a part of them is held, by hash, and whoever reads begins once more for each further part.
 *
 * 32 bytes a slot, of which three to six of eight are used: a part of two million carts takes at most 128 MB. Ten million carts
 * are eight parts.
 */

export interface TakenOf {
  order: number
  incarnation: number
  seq: number
}

const words = 4
const slotsAtFirst = 1024
export const takenMax = 1 << 21

export class TakenIndex {
  readonly #max: number
  readonly #part: number
  #parts: number
  /** Of each slot: the hash, 0 where it is empty; the order, below zero once it was met; the attempt's numbers. */
  #slots = new Float64Array(slotsAtFirst * words)
  #used = 0

  /** Part `part` of `parts`. The first one doubles the parts where it holds more than `max` carts. */
  constructor({ part = 0, parts = 1, max = takenMax } = {}) {
    this.#part = part
    this.#parts = parts
    this.#max = max
  }

  get parts(): number {
    return this.#parts
  }

  /** Whether a cart belongs to this part. `hash`: a whole number from 1, 53 bits at most. */
  holds(hash: number): boolean {
    return hash % this.#parts === this.#part
  }

  /** The cart says so now; order 0: that none has taken anything. */
  set(hash: number, { order, incarnation, seq }: TakenOf): void {
    if (!this.holds(hash)) return
    const at = this.#slotOf(hash)
    if (this.#slots[at] === 0) {
      if (order === 0) return
      this.#used += 1
    }
    this.#slots[at] = hash
    this.#slots[at + 1] = order
    this.#slots[at + 2] = incarnation
    this.#slots[at + 3] = seq
    if (this.#part === 0 && this.#used > this.#max) this.#halve()
    if (this.#used * words * 4 > this.#slots.length * 3) this.#copy(this.#slots.length * 2)
  }

  /** Undefined where the cart says of no order that it took something. */
  get(hash: number): TakenOf | undefined {
    const at = this.#slotOf(hash)
    const [found, order, incarnation, seq] = this.#slots.subarray(at, at + words)
    return found === 0 || order === 0 ? undefined : { order: Math.abs(order!), incarnation: incarnation!, seq: seq! }
  }

  /** Its order is there. */
  met(hash: number): void {
    const at = this.#slotOf(hash) + 1
    this.#slots[at] = -Math.abs(this.#slots[at]!)
  }

  /** Whether the cart names an order that was not met. */
  isUnmet(hash: number): boolean {
    return this.#slots[this.#slotOf(hash) + 1]! > 0
  }

  /** How many name an order that was not met. */
  get unmet(): number {
    let count = 0
    for (let at = 1; at < this.#slots.length; at += words) if (this.#slots[at]! > 0) count += 1
    return count
  }

  #slotOf(hash: number): number {
    const slots = this.#slots.length / words
    let slot = Math.floor(hash / 2 ** 20) % slots
    while (this.#slots[slot * words] !== 0 && this.#slots[slot * words] !== hash) slot = (slot + 1) % slots
    return slot * words
  }

  #halve(): void {
    this.#parts *= 2
    this.#copy(this.#slots.length)
  }

  /** Those of this part alone. */
  #copy(length: number): void {
    const old = this.#slots
    this.#slots = new Float64Array(length)
    this.#used = 0
    for (let at = 0; at < old.length; at += words) {
      const hash = old[at]!
      if (hash === 0 || !this.holds(hash)) continue
      this.#slots.set(old.subarray(at, at + words), this.#slotOf(hash))
      this.#used += 1
    }
  }
}
