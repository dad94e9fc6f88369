/**
 * The file that people open, such as `toys_db.csv`: one row an account. Read with csv-parse, so that what a spreadsheet
 * writes is understood: a BOM, CRLF, quotes, semicolons or tabs with decimal commas, rows and columns that were emptied.
 * Written always in one form (row.ts, equal to csv-stringify's). Always: a value is taken as it was meant or refused with its line; none
 * is dropped.
 */
import { isUtf8 } from 'node:buffer'
import { CsvError, parse } from 'csv-parse/sync'
import { StartError } from '../../errors.ts'
import { type Account, balanceMax } from '../ledger.ts'
import type { LedgerState } from '../ledger-state.ts'
import { formatAmount, parseAmount } from './amount.ts'
import { formatRow } from './row.ts'
import { lines } from './tail.ts'
import { parseUsual } from './usual-accounts.ts'

export interface AccountColumns {
  name: string
  /** In their order; the balance is the last column. */
  attributes: readonly string[]
  balance: string
  /** How the balance is written: 2 for cents as `15.99`; whole where it is not given. */
  decimals?: 2
  /** Other names under which the balance column is read too. */
  balanceAliases: readonly string[]
  /** Throws a RangeError saying what is wrong with a name. */
  checkName: (name: string) => void
  /** The attributes as they are kept; throws a RangeError saying which is wrong and how it should be. */
  readAttributes: (attributes: Readonly<Record<string, string>>) => string[]
}

/** So many accounts are formatted in one go: less than a millisecond. */
export const accountsAtOnce = 1000

/** In the order in which the accounts came, as a person left them; in pieces, each made when it is asked for. */
export function* formatPieces(columns: AccountColumns, accounts: Iterable<[string, Account]>): Generator<Buffer> {
  let text = `${formatRow([columns.name, ...columns.attributes, columns.balance])}\n`
  let count = 0
  for (const [name, { balance, attributes }] of accounts) {
    if (count === accountsAtOnce) {
      yield Buffer.from(text)
      text = ''
      count = 0
    }
    text += `${formatRow([name, ...attributes, formatAmount(balance, columns.decimals)])}\n`
    count += 1
  }
  yield Buffer.from(text)
}

/** The same in one piece. */
export const formatAccounts = (columns: AccountColumns, state: LedgerState): Buffer =>
  Buffer.concat([...formatPieces(columns, state.accounts())])

/** Throws a StartError `path:line: what is wrong, what to do`; also where a balance is above `most`. */
export function parseAccounts(
  columns: AccountColumns,
  bytes: Buffer,
  path: string,
  { most = balanceMax } = {},
): Map<string, Account> {
  return parseUsual(columns, bytes, most) ?? parseAny(columns, bytes, path, most)
}

function parseAny(columns: AccountColumns, bytes: Buffer, path: string, most: number): Map<string, Account> {
  const accounts = new Map<string, Account>()
  const seenAt = new Map<string, number>()
  let header: string[] | undefined
  const separator = separatorOf(columns, bytes)
  for (const { record, info } of readRows(bytes, path, separator)) {
    const wrong = (what: string) => new StartError(`${path}:${info.lines}: ${what}`)
    if (record.every((field) => field.trim() === '')) continue // what a spreadsheet leaves of a row that was emptied
    if (header === undefined) {
      header = checkHeader(columns, record, wrong)
      continue
    }
    const row = readRow(columns, header, record, separator, wrong)
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

const separators = [',', ';', '\t'] as const
type Separator = (typeof separators)[number]

/** The one that finds the most of our columns in the header; a comma where none does better. */
function separatorOf({ name, attributes, balance, balanceAliases }: AccountColumns, bytes: Buffer): Separator {
  const known = new Set([name, ...attributes, balance, ...balanceAliases])
  const header = /[^\r\n]*\S[^\r\n]*/.exec(bytes.toString('utf8', 0, 4096).replace(/^\uFEFF/, ''))?.[0] ?? ''
  const found = (separator: Separator): number =>
    header.split(separator).filter((column) =>
      known.has(
        column
          .trim()
          .replace(/^"(.*)"$/, '$1')
          .trim(),
      ),
    ).length
  return separators.reduce((best, separator) => (found(separator) > found(best) ? separator : best))
}

function readRows(bytes: Buffer, path: string, delimiter: Separator): { record: string[]; info: { lines: number } }[] {
  checkUtf8(bytes, path)
  try {
    const options = {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'], // mixed where a row was added by another program
    }
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
    if (column === '') continue // one that was emptied; `readRow` sees that nothing stands in it
    if (!wanted.includes(column))
      throw wrong(`the column "${column}" is unknown; take it out, the header is ${headerText(columns)}`)
    if (header.indexOf(column) !== i) throw wrong(`the column "${column}" is there twice; keep one of the two`)
  }
  return header
}

function readRow(
  { name, balance, decimals }: AccountColumns,
  header: readonly string[],
  record: readonly string[],
  separator: Separator,
  wrong: (what: string) => Error,
): Record<string, string> {
  const fields = record.map((field) => field.trim())
  const last = fields.findLastIndex((field) => field !== '')
  if (fields.length < header.length || last >= header.length)
    throw wrong(`the row has ${fields.length} fields where the header has ${header.length}; give it ${header.length}`)
  const row: [string, string][] = []
  for (const [i, column] of header.entries()) {
    const field = fields[i]!
    if (column === '' && field !== '') throw wrong(`"${field}" stands in a column without a name; take it out`)
    // Who separates by semicolons or tabs writes decimal commas; between commas, one may as well be a lost quote.
    const isDecimal = column !== name && (column !== balance || decimals === 2)
    row.push([column, isDecimal && separator !== ',' ? field.replace(/^(\d+),(\d+)$/, '$1.$2') : field])
  }
  return Object.fromEntries(row)
}

function readBalance({ balance: column, decimals }: AccountColumns, text: string, most: number): number {
  const balance = text.startsWith('-') ? Number.NaN : parseAmount(text, decimals)
  if (balance <= most) return balance
  const wanted =
    decimals === undefined
      ? `a whole number from 0 to ${most}`
      : `an amount such as 15.99, from 0.00 to ${formatAmount(most, decimals)}`
  throw new RangeError(`${column} is "${text}"; it must be ${wanted}`)
}
