/** The order log: which engine, which columns, and how the original's file is taken over. */
import { parse } from 'csv-parse/sync'
import { StartError } from '../errors.ts'
import { formatMoney, parseMoney } from '../money.ts'
import { CsvLog, type LogOptions } from '../storage/csv/log-engine.ts'
import type { LogFormat } from '../storage/csv/log-start.ts'
import { CsvMap, type MapOptions } from '../storage/csv/map-engine.ts'
import { type Draft, draftFormat } from './draft.ts'

const columns = ['order_number', 'line', 'name', 'quantity', 'price', 'user', 'cart', 'key', 'attempt', 'placed_at']
const originalColumns = ['order_no', 'name', 'quantity', 'price']

export const format: LogFormat = { columns, keyColumn: 'key', attemptColumn: 'attempt', takeOver }

/** Opens `orders.csv`; `used`: this folder has had orders of its own. Throws a StartError where a person must mend something. */
export const openOrders = ({
  used = false,
  ...options
}: Omit<LogOptions, 'name' | 'format'> & { used?: boolean }): ReturnType<typeof CsvLog.open> =>
  CsvLog.open({ ...options, name: 'orders.csv', format: used ? { ...format, takeOver: refuse } : format })

/** About 30 MB, when so many were looked at; the others are read from the disk when they are asked for. */
const draftsInMemory = 65_536

/** Opens the drafts beside it. Throws a StartError where a person must mend something. */
export const openDrafts = (
  options: Omit<MapOptions<Draft>, 'name' | 'format'>,
): ReturnType<typeof CsvMap.open<Draft>> =>
  CsvMap.open({ cacheMax: draftsInMemory, ...options, name: 'drafts', format: draftFormat })

/** Taken over, they would stand where this store's own orders were, and their pieces would be missing from the books. */
function refuse(header: string[], _text: string, path: string): undefined {
  if (isOriginal(header))
    throw new StartError(
      `${path}:1: these are an older store's orders, but this folder had orders of its own; bring them into an empty data folder`,
    )
}

const isOriginal = (header: readonly string[]): boolean =>
  header.map((column) => column.trim()).join() === originalColumns.join()

/** The original's rows as ours: without an attempt, so that they do not count as sold (the stock came along already less). */
function takeOver(header: string[], text: string, path: string): string[][] | undefined {
  if (!isOriginal(header)) return undefined
  let records: { record: string[]; info: { lines: number } }[]
  try {
    const options = { bom: true, info: true, from: 2, relax_column_count: true, skip_empty_lines: true } as const
    records = parse(text, options) as unknown as typeof records
  } catch (error) {
    throw new StartError(`${path}:1: this is no CSV (${(error as Error).message}); mend it`)
  }
  let last = -1
  return records.map(({ record, info }) => {
    const wrong = (what: string) => new StartError(`${path}:${info.lines}: ${what}`)
    const [number = '', name = '', quantity = '', price = ''] = record.map((field) => field.trim())
    if (record.length !== 4)
      throw wrong(`the row has ${record.length} fields; it must have order_no,name,quantity,price`)
    if (!/^\d{1,15}$/.test(number) || Number(number) <= last)
      throw wrong(`order_no is "${number}"; it must be a number above the row before it`)
    if (name === '' || /[\r\n]/.test(name)) throw wrong('the name must be one line of text')
    if (!/^\d{1,9}$/.test(quantity)) throw wrong(`quantity is "${quantity}"; it must be a whole number`)
    last = Number(number)
    return [number, '1 of 1', name, quantity, roundedMoney(price, wrong), '', '', '', '', '']
  })
}

/** The original kept prices as floats, such as 51.980000000000004. */
function roundedMoney(text: string, wrong: (what: string) => Error): string {
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) throw wrong(`price is "${text}"; it must be a number such as 15.99`)
  try {
    return formatMoney(parseMoney(value.toFixed(2)))
  } catch {
    throw wrong(`price is "${text}"; it must be a number such as 15.99`)
  }
}
