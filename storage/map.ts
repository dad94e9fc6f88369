/**
 * The map's contract: keyed values, for carts and draft orders.
 *
 * What every engine keeps true:
 * 1. `update` is atomic per key: `change` sees the last value, and no other change of that key comes between.
 * 2. A change is answered after it is durable. It throws `unavailable` only where nothing changed, and `outcome_unknown`
 *    where it may have.
 * 3. Readers see only what would survive a crash.
 *
 * Keys have 1 to 300 characters, none of them a control character; another one, and a value that cannot be written down, is
 * refused as `bad_request`. A value is never changed in place, neither by the engine nor by who was given it.
 */
import { StoreError } from '../errors.ts'

export interface KeyedMap<Value> {
  get(key: string): Promise<Value | undefined>
  /**
   * `change` gets the value or undefined, and returns the new one, or undefined to delete it; the very same value writes
   * nothing. May be called more than once. Where it throws, `update` rejects with that, and nothing was changed.
   */
  update(key: string, change: (value: Value | undefined) => Value | undefined): Promise<Value | undefined>
  delete(key: string): Promise<void>
  /** Those of about now, in no order, each key once; holds nobody up. */
  entries(): AsyncIterable<[key: string, value: Value]>
  close(): Promise<void>
}

/** A map that also takes very many at once, and counts them. */
export interface BulkMap<Value> extends KeyedMap<Value> {
  /**
   * Sets many at once, whatever was there before, the later of two of one key; resolves when all are durable. They go in
   * pieces, so that others have their turns in between; a piece is seen whole. A crash or a refusal meanwhile leaves some of
   * them set, each whole: `unavailable` and `bad_request` mean none only where all fit in one piece (500 entries, 256 KiB).
   */
  putAll(entries: Iterable<readonly [key: string, value: Value]>): Promise<void>
  /** How many entries there are, of those that were found since the start. */
  readonly size: number
}

const keyMax = 300

/** Throws `bad_request` where no map takes such a key. */
export function checkKey(key: string): void {
  if (key.length === 0 || key.length > keyMax || /\p{Cc}/u.test(key) || !key.isWellFormed())
    throw new StoreError('bad_request', `a key has 1 to ${keyMax} characters, none of them a control character`)
}
