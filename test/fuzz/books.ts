/** What was told, and what was asked for, against the files of a stopped store. */
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { verifyFiles } from '../../client/verify/files.ts'
import { requestAt } from './grammar.ts'
import { quietToy, toys } from './names.ts'
import { indicesOf } from './purchases.ts'
import type { Told } from './worker.ts'

type Row = Record<string, string>

export interface Asked {
  seed: number
  /** Requests with an index from 0 to below this were sent. */
  requests: number
  told: readonly Told[]
  /** The undisturbed buyer's order numbers by key. */
  quiet: ReadonlyMap<string, number>
}

/** What is wrong, a sentence each, and how many orders there are. */
export async function faultsOfBooks(dataDir: string, asked: Asked): Promise<{ orders: number; wrong: string[] }> {
  const rows: Row[] = parse(readFileSync(`${dataDir}/order/orders.csv`), { columns: true })
  const wrong = [...faultsOfTold(rows, asked), ...faultsOfRows(rows, asked)]
  const { differences, reserved } = await verifyFiles(dataDir)
  if (reserved > 0) wrong.push(`${reserved} pieces are still reserved`)
  return { orders: rows.length, wrong: [...wrong, ...differences] }
}

/** Every acknowledged purchase stands in the log as it was told. */
export function faultsOfTold(rows: readonly Row[], { told, quiet }: Pick<Asked, 'told' | 'quiet'>): string[] {
  const byNumber = new Map(rows.map((row) => [Number(row.order_number), row]))
  const quietly = [...quiet].map(([key, number]) => ({ key, number, name: quietToy, quantity: 1 }))
  return [...told, ...quietly].flatMap(({ number, name, quantity, key }) => {
    const row = byNumber.get(number)
    if (row === undefined) return [`order ${number} (${key}) was acknowledged and is lost`]
    const same = row.name === name && row.quantity === String(quantity) && row.key === key
    return same && row.price === toys.get(name)?.price
      ? []
      : [`order ${number} (${key}) stands as ${JSON.stringify(row)}`]
  })
}

/** Every row is a purchase that somebody sent, and a valid one. */
export function faultsOfRows(rows: readonly Row[], { seed, requests, told, quiet }: Asked): string[] {
  const minted = new Map(told.map(({ key, number }) => [key, number]))
  const wanted = new Map<number, readonly { key?: string; name: string; quantity: number }[]>()
  const wantedAt = (index: number) => {
    const known = wanted.get(index) ?? (index < requests ? requestAt(seed, index).purchases : [])
    wanted.set(index, known)
    return known
  }
  return rows.flatMap((row) => {
    const { key = '', name = '', order_number: number } = row
    const quantity = Number(row.quantity)
    if (name === quietToy ? quiet.get(key) === Number(number) : /^[0-9a-f]{32}$/.test(key)) {
      const known = name === quietToy || minted.get(key) === Number(number)
      return known ? [] : [`order ${number} was acknowledged to nobody: ${JSON.stringify(row)}`]
    }
    const fits = indicesOf(key).some((index) =>
      wantedAt(index).some((one) => one.key === key && one.name === name && one.quantity === quantity),
    )
    return fits ? [] : [`order ${number} is none that was asked for: ${JSON.stringify(row)}`]
  })
}
