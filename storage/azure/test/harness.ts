/** What the tests of the map on tables share: a service, a table of their own, and maps over it. */
import { randomBytes } from 'node:crypto'
import type { TableClient } from '@azure/data-tables'
import type { Test } from 'tap'
import { realClock } from '../../../clock.ts'
import { connect } from '../connection.ts'
import type { TableFormat } from '../rows.ts'
import { TableMap, type TableMapOptions } from '../table-map.ts'
import { Wire } from './wire.ts'

/** Texts, with two columns that the rows of other programs lack. */
export const cartFormat: TableFormat<string> = {
  keyColumn: 'CustomerId',
  columns: ['ProductItems', 'LastOrder', 'LastAttempt'],
  read([items, order, attempt]) {
    if (items === undefined) throw new RangeError('the property ProductItems is missing')
    try {
      const value: unknown = JSON.parse(items)
      if (typeof value !== 'string') throw new Error('it is none')
      return order === undefined && attempt === undefined ? `${value}` : value
    } catch {
      throw new RangeError('the text is none')
    }
  },
  write: (value) => [JSON.stringify(value), '', ''],
}

export const newName = (): string => `T${randomBytes(8).toString('hex')}`

export interface OpenTable {
  name: string
  /** Straight to the table. */
  raw: TableClient
  notes: string[]
  open(options?: Partial<TableMapOptions<string>> & { wire?: Wire }): Promise<TableMap<string>>
}

/** A name of its own; what has it is removed at the end, and the maps are closed. */
export function ownTable(t: Test, connectionString: string): OpenTable {
  const name = newName()
  const raw = connect(connectionString, name)
  const notes: string[] = []
  const maps: TableMap<string>[] = []
  t.teardown(async () => {
    await Promise.all(maps.map((map) => map.close()))
    await raw.deleteTable()
  })
  return {
    name,
    raw,
    notes,
    async open({ wire = new Wire(), ...options } = {}) {
      const map = await TableMap.open({
        connectionString,
        table: name,
        partition: 'ShoppingCart',
        shards: 5,
        format: cartFormat,
        clock: realClock,
        note: (sentence) => notes.push(sentence),
        callMs: 5000,
        client: wire.client,
        ...options,
      })
      maps.push(map)
      return map
    },
  }
}
