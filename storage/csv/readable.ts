/**
 * The file that people open, such as `toys_db.csv`: one row an account. Read with csv-parse, so that what a spreadsheet
 * writes (a BOM, CRLF, quotes) is understood, and written with csv-stringify.
 */
import { isUtf8 } from 'node:buffer'
import { CsvError, parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { StartError } from '../../errors.ts'
import { type Account, balanceMax } from '../ledger.ts'
import type { LedgerState } from '../ledger-state.ts'
import { lines } from './tail.ts'

export interface AccountColumns {
  name: string
  /** In their order; the balance is the last column. */
  attributes: readonly string[]
  balance: string
  /** Other names under which the balance column is read too. */
  balanceAliases: readonly string[]
  /** Throws a RangeError saying what is wrong with a name. */
  checkName: (name: string) => void
  /** The attributes as they are kept; throws a RangeError saying which is wrong and how it should be. */
  readAttributes: (attributes: Readonly<Record<string, string>>) => string[]
}

/** In the order in which the accounts came, as a person left them. */
export function formatAccounts(columns: AccountColumns, state: LedgerState): Buffer {
  const rows = [[columns.name, ...columns.attributes, columns.balance]]
  for (const [name, { balance, attributes }] of state.accounts()) rows.push([name, ...attributes, String(balance)])
  return Buffer.from(stringify(rows))
}

/** Throws a StartError `path:line: what is wrong, what to do`; also where a balance is above `most`. */
export function parseAccounts(
  columns: AccountColumns,
  bytes: Buffer,
  path: string,
  { most = balanceMax } = {},
): Map<string, Account> {
  const accounts = new Map<string, Account>()
  const seenAt = new Map<string, number>()
  let header: string[] | undefined
  for (const { record, info } of readRows(bytes, path)) {
    const wrong = (what: string) => new StartError(`${path}:${info.lines}: ${what}`)
    if (header === undefined) {
      header = checkHeader(columns, record, wrong)
      continue
    }
    if (record.length !== header.length)
      throw wrong(`the row has ${record.length} fields where the header has ${header.length}; give it ${header.length}`)
    const row = Object.fromEntries(header.map((column, i) => [column, record[i]!.trim()]))
    const name = row[columns.name]!
    const seen = seenAt.get(name)
    if (seen !== undefined) throw wrong(`"${name}" stands in line ${seen} already; keep one of the two`)
    seenAt.set(name, info.lines)
    try {
      columns.checkName(name)
      accounts.set(name, {
        attributes: columns.readAttributes(row),
        balance: readBalance(columns, row[columns.balance]!, most),
      })
    } catch (error) {
      if (error instanceof RangeError) throw wrong(error.message)
      throw error
    }
  }
  if (header === undefined)
    throw new StartError(`${path}:1: the file is empty; give it the header ${headerText(columns)}`)
  return accounts
}

const headerText = ({ name, attributes, balance }: AccountColumns): string => [name, ...attributes, balance].join(',')

function readRows(bytes: Buffer, path: string): { record: string[]; info: { lines: number } }[] {
  checkUtf8(bytes, path)
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true } as const
    return parse(bytes, options) as unknown as { record: string[]; info: { lines: number } }[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    if (error.code === 'CSV_QUOTE_NOT_CLOSED')
      throw new StartError(`${path}:${oddQuoteLine(bytes)}: a quote is opened and never closed; close it`)
    const line = 'lines' in error ? Number(error.lines) : 1
    throw new StartError(`${path}:${line}: this is no CSV (${error.message})`)
  }
}

/** Where the quote is opened, as far as fields are one line; csv-parse names the line where the file ends. */
function oddQuoteLine(bytes: Buffer): number {
  let number = 0
  for (const { text } of lines(bytes)) {
    number += 1
    if (text.split('"').length % 2 === 0) return number
  }
  return number
}

/** A spreadsheet may save in its country's own code; read as UTF-8, names would turn into others. */
function checkUtf8(bytes: Buffer, path: string): void {
  if (isUtf8(bytes)) return
  let number = 0
  for (const { at, next } of lines(bytes)) {
    number += 1
    if (!isUtf8(bytes.subarray(at, next)))
      throw new StartError(`${path}:${number}: this is not UTF-8; save the file as "CSV UTF-8"`)
  }
}

function checkHeader(columns: AccountColumns, record: string[], wrong: (what: string) => Error): string[] {
  const header = record.map((column) =>
    columns.balanceAliases.includes(column.trim()) ? columns.balance : column.trim(),
  )
  const wanted = [columns.name, ...columns.attributes, columns.balance]
  for (const column of wanted)
    if (!header.includes(column)) throw wrong(`the column "${column}" is missing; the header is ${headerText(columns)}`)
  for (const [i, column] of header.entries()) {
    if (!wanted.includes(column))
      throw wrong(`the column "${column}" is unknown; take it out, the header is ${headerText(columns)}`)
    if (header.indexOf(column) !== i) throw wrong(`the column "${column}" is there twice; keep one of the two`)
  }
  return header
}

function readBalance({ balance: column }: AccountColumns, text: string, most: number): number {
  if (!/^\d+$/.test(text) || Number(text) > most)
    throw new RangeError(`${column} is "${text}"; it must be a whole number from 0 to ${most}`)
  return Number(text)
}
