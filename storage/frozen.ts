/**
 * A map as it was at one moment, to be read in pieces while it goes on changing. Nothing is copied for it: only what an entry
 * was is kept when it changes for the first time since.
 *
 * Always: whoever changes the map says so here first; entries come in the map's order, those of later not at all; it can be
 * read once, and `end` must follow, or old entries are kept for nobody.
 */
export class Frozen<Value> implements Iterable<[string, Value]> {
  #entries: Iterator<[string, Value]>
  /** What changed entries were; undefined for one that was not there. */
  readonly #before = new Map<string, Value | undefined>()
  readonly #end: () => void
  /** All that was left has been taken: nothing need be kept any more. */
  #isWhole = false

  constructor(map: ReadonlyMap<string, Value>, end: () => void) {
    this.#entries = map.entries()
    this.#end = end
  }

  /** The entry is about to change or to come; `was` is its value now. */
  changing(key: string, was: Value | undefined): void {
    if (!this.#isWhole && !this.#before.has(key)) this.#before.set(key, was)
  }

  /** An entry is about to go, which is rare: all that is left is taken now, for a map does not come by where one was. */
  removing(): void {
    if (this.#isWhole) return
    this.#entries = [...this].values()
    this.#isWhole = true
    this.#before.clear()
  }

  *[Symbol.iterator](): Generator<[string, Value]> {
    for (let next = this.#entries.next(); next.done !== true; next = this.#entries.next()) {
      const [key, now] = next.value
      const value = this.#before.has(key) ? this.#before.get(key) : now
      if (value !== undefined) yield [key, value]
    }
  }

  /** It is not read any more. */
  end(): void {
    this.#end()
  }
}
