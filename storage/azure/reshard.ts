/**
 * What a table has to be before a map can use it: there, and with all rows in the partitions of the present number of shards.
 * One row tells the number of the last start, and whether rows were being moved then, so that a start that was ended in the
 * middle is finished by the next one, whatever its number is. A row is copied, then deleted, so it is always somewhere.
 */
import type { TableEntity } from '@azure/data-tables'
import type { Clock } from '../../clock.ts'
import { StoreError } from '../../errors.ts'
import { type Limit, within } from './limit.ts'
import type { Place, Row, TableRequests, Writer } from './requests.ts'
import type { TableRows } from './rows.ts'

export interface Surroundings {
  requests: TableRequests
  rows: TableRows<unknown>
  clock: Clock
  /** Of each request, in milliseconds. */
  callMs: number
  partition: string
  shards: number
  parallel: number
  note: (sentence: string) => void
  stopped: () => boolean
}

/** Nobody waits for it by himself. */
const writer: Writer = { sends: () => true, refused: () => {} }
const triesMax = 20

/** Throws where the table cannot be reached or refuses; then it can be called again. */
export async function prepare(surroundings: Surroundings): Promise<void> {
  const { requests, rows, clock, callMs, partition, shards, parallel, note, stopped } = surroundings
  const limited = <Result>(work: (limit: Limit) => Promise<Result>) => within(clock, callMs, work)
  const mark: Place = { partitionKey: partition, rowKey: 'shards' }
  const found = await limited((limit) => requests.read(mark, limit))
  if (found === undefined) await limited((limit) => requests.createTable(limit))
  if (found?.Shards === shards && found.Moving === false) return
  await limited((limit) => requests.put({ ...mark, Shards: shards, Moving: true }, limit))
  let moved = 0
  let token: string | undefined
  do {
    const page = await limited((limit) => requests.page(rows.filter, token, limit, { typed: true }))
    const away = page.rows.filter((row) => !isHome(row))
    for (let at = 0; at < away.length; at += parallel) {
      if (stopped()) throw new StoreError('unavailable', 'the map is closed')
      await Promise.all(away.slice(at, at + parallel).map((row) => limited((limit) => move(row, limit))))
    }
    moved += away.length
    token = page.next
  } while (token !== undefined)
  await limited((limit) => requests.put({ ...mark, Shards: shards, Moving: false }, limit))
  if (moved > 0) note(`${moved} rows were moved, since there are ${shards} shards now`)

  function isHome(row: Row): boolean {
    const home = rows.homeOf(row)
    if (home === undefined) note(`the row ${row.partitionKey}/${row.rowKey} is none of this map and stays where it is`)
    return home === undefined || home.partitionKey === row.partitionKey
  }

  async function move(listed: Row, limit: Limit): Promise<void> {
    let source: Row | undefined = listed
    for (let tries = 0; source !== undefined; tries++) {
      if (tries === triesMax) throw new StoreError('unavailable', 'a row is changed all the time and cannot be moved')
      if (await copy(source, rows.homeOf(source)!, limit)) {
        const gone = await requests.write({ kind: 'delete', place: source, etag: source.etag }, limit, writer)
        if (gone === 'done' || gone === 'absent') return
      }
      source = await requests.read(source, limit, { typed: true })
    }
  }

  /** False where the other row was changed meanwhile. */
  async function copy(source: Row, home: Place, limit: Limit): Promise<boolean> {
    const entity = { ...propertiesOf(source), ...home } as TableEntity
    const there = await requests.read(home, limit, { typed: true })
    if (there === undefined) return (await requests.write({ kind: 'insert', entity }, limit, writer)) === 'done'
    if (textOf(there) === textOf(source)) return true
    const isNewer = timeOf(source) > timeOf(there)
    note(
      `the row ${home.rowKey} stood in ${source.partitionKey} and in ${home.partitionKey}: the one in ${isNewer ? source.partitionKey : home.partitionKey} is newer and counts`,
    )
    if (!isNewer) return true
    const write = { kind: 'change', entity, etag: there.etag, mode: 'Replace' } as const
    return (await requests.write(write, limit, writer)) === 'done'
  }
}

/** What a row holds besides what Azure says of it. */
function propertiesOf(row: Row): Record<string, unknown> {
  const { etag, timestamp, partitionKey, rowKey, ...rest } = row
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith('odata.')))
}

/** Rows with the same text hold the same. */
const textOf = (row: Row): string =>
  JSON.stringify(
    Object.entries(propertiesOf(row))
      .map(([name, value]) => [name, plain(value)])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  )

/** A value that was read with its type beside it. */
const plain = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'value' in value ? value.value : value

/** When Azure last wrote it, in milliseconds since 1970. */
const timeOf = ({ timestamp }: Row): number => Date.parse(String(plain(timestamp)))
