/**
 * Memory that slow clients make us hold: bodies that are still on their way, replies that nobody takes. Always true: all holders
 * together have at most `bytesMax`; over it, who has held some for the longest must let go, since an honest client is quick.
 */
export class HeldBytes<Holder> {
  readonly #bytesMax: number
  /** In the order in which they began to hold. */
  readonly #holders = new Map<Holder, { bytes: number; letGo: () => void }>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** `bytes` more for this holder; `letGo` is called once where it, or an earlier one, must make room. */
  hold(holder: Holder, bytes: number, letGo: () => void): void {
    const known = this.#holders.get(holder)
    if (known === undefined) this.#holders.set(holder, { bytes, letGo })
    else known.bytes += bytes
    this.#bytes += bytes
    while (this.#bytes > this.#bytesMax) {
      const [oldest] = this.#holders
      const [who, { letGo: tell }] = oldest!
      this.release(who)
      tell()
    }
  }

  /** It holds nothing any more. */
  release(holder: Holder): void {
    const known = this.#holders.get(holder)
    if (known === undefined) return
    this.#holders.delete(holder)
    this.#bytes -= known.bytes
  }
}
