/**
 * What a map's entries are as rows of a table, in a form that other programs share: the partition is a name and the number of
 * the key's shard, the row is named by the key's hash, the key and the value's columns are its properties.
 */
import { odata, type TableEntity } from '@azure/data-tables'
import { StoreError } from '../../errors.ts'
import { hashOfKey, shardOf } from '../shards.ts'
import type { Place, Row } from './requests.ts'

export interface TableFormat<Value> {
  /** The property that holds the key. */
  keyColumn: string
  /** The value's properties, each a text. */
  columns: readonly string[]
  /** The value of those columns, in their order; undefined for one that the row lacks. Throws a RangeError where they hold none. */
  read(fields: readonly (string | undefined)[]): Value
  write(value: Value): string[]
}

/** The property that says whose write a row's last one was. */
export const wordColumn = 'Written'
/** Azure's own limit for one property: 64 KiB in UTF-16. */
export const fieldMax = 32_768

export class TableRows<Value> {
  readonly #partition: string
  readonly #shards: number
  readonly #format: TableFormat<Value>
  /** Each partition that any number of shards can have, and perhaps a few others. */
  readonly filter: string

  constructor(partition: string, shards: number, format: TableFormat<Value>) {
    this.#partition = partition
    this.#shards = shards
    this.#format = format
    this.filter = odata`PartitionKey ge ${`${partition}0`} and PartitionKey lt ${`${partition}:`}` // : comes after 9
  }

  placeOf(key: string): Place {
    return this.#placeOf(hashOfKey(key))
  }

  /** Where a row with this name belongs; undefined where it is no row of this map. */
  homeOf({ partitionKey, rowKey }: Place): Place | undefined {
    const shard = partitionKey.slice(this.#partition.length)
    const isOurs = partitionKey.startsWith(this.#partition) && /^(\d{3}|[1-9]\d{3,})$/.test(shard)
    return isOurs && /^(0|[1-9]\d{0,18})$/.test(rowKey) ? this.#placeOf(BigInt(rowKey)) : undefined
  }

  /** The key that a row holds. Throws a RangeError where it holds none. */
  keyOf(row: Row): string {
    const key = row[this.#format.keyColumn]
    if (typeof key !== 'string' || key === '') throw new RangeError(`the property ${this.#format.keyColumn} is missing`)
    return key
  }

  /** Throws a RangeError where it holds none. */
  valueOf(row: Row): Value {
    const fields = this.#format.columns.map((column) => {
      const field = row[column] ?? undefined
      if (field !== undefined && typeof field !== 'string') throw new RangeError(`the property ${column} is no text`)
      return field
    })
    return this.#format.read(fields)
  }

  /** Throws `bad_request` where the value cannot stand in a row. */
  fieldsOf(value: Value): string[] {
    const fields = this.#format.write(value)
    for (const field of fields) {
      if (field.length > fieldMax) throw new StoreError('bad_request', 'the value is too large to be kept')
      if (!field.isWellFormed()) throw new StoreError('bad_request', 'a value with half a character cannot be kept')
    }
    return fields
  }

  entityOf(key: string, fields: readonly string[], word: string): TableEntity {
    const { keyColumn, columns } = this.#format
    const properties = columns.map((column, i) => [column, fields[i]!])
    return { ...this.placeOf(key), [keyColumn]: key, ...Object.fromEntries(properties), [wordColumn]: word }
  }

  #placeOf(keyHash: bigint): Place {
    const shard = String(shardOf(keyHash, this.#shards)).padStart(3, '0')
    return { partitionKey: `${this.#partition}${shard}`, rowKey: String(keyHash) }
  }
}
