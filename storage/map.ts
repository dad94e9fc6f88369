/**
 * The map's contract: keyed values, for carts and draft orders.
 *
 * What every engine keeps true: `update` is atomic per key (`change` sees the last durable value, and no other update of
 * that key comes between), resolves after the new value is durable, and throws `unavailable` only when nothing changed.
 */
export interface KeyedMap<Value> {
  get(key: string): Promise<Value | undefined>
  /** `change` gets the value or undefined, and returns the new one, or undefined to delete it. May be called more than once. */
  update(key: string, change: (value: Value | undefined) => Value | undefined): Promise<Value | undefined>
  delete(key: string): Promise<void>
  close(): Promise<void>
}
