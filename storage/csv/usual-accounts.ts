/**
 * A readable file just as the store writes it (readable.ts), read much sooner than by the CSV parser: a start of many toys
 * waits for it. Always: it gives what that one would, or nothing at all.
 */
import { isUtf8 } from 'node:buffer'
import type { Account } from '../ledger.ts'
import type { AccountColumns } from './readable.ts'
import { parseRow } from './row.ts'

/** Undefined where anything in the file is unusual or wrong; also where a balance is above `most`. */
export function parseUsual(columns: AccountColumns, bytes: Buffer, most: number): Map<string, Account> | undefined {
  const head = `${[columns.name, ...columns.attributes, columns.balance].join()}\n`
  if (!isUtf8(bytes) || bytes.includes(13) || bytes.at(-1) !== 10) return undefined
  const text = bytes.toString()
  if (!text.startsWith(head)) return undefined
  const accounts = new Map<string, Account>()
  const readBalance = columns.decimals === undefined ? wholeNumber : cents
  const known = new Map<string, readonly string[]>() // prices repeat: each is read once, and its text is kept once
  const read = (given: readonly string[]): readonly string[] => {
    if (given.length !== columns.attributes.length) throw new RangeError('the row has other columns')
    return columns.readAttributes(Object.fromEntries(given.map((field, i) => [columns.attributes[i]!, field.trim()])))
  }
  const take = (name: string, attributes: readonly string[], balance: number): void => {
    columns.checkName(name)
    const count = accounts.set(name, { attributes, balance }).size
    if (count !== ++taken || name.trim() !== name) throw new RangeError('the name is not as it is written')
  }
  const isBare = columns.attributes.length === 0
  const none: readonly string[] = []
  let taken = 0
  let quoteAt = text.indexOf('"')
  try {
    for (let at = head.length, end = 0; at < text.length; at = end + 1) {
      end = text.indexOf('\n', at)
      if (quoteAt !== -1 && quoteAt < at) quoteAt = text.indexOf('"', at)
      if (quoteAt !== -1 && quoteAt < end) {
        const fields = parseRow(text.slice(at, end)) ?? []
        if (fields.length !== columns.attributes.length + 2) return undefined
        const last = fields.at(-1)!
        const balance = readBalance(last, 0, last.length)
        if (!(balance <= most)) return undefined
        take(fields[0]!, read(fields.slice(1, -1)), balance)
        continue
      }
      const nameEnd = text.indexOf(',', at)
      const balanceStart = text.lastIndexOf(',', end) + 1
      const balance = readBalance(text, balanceStart, end)
      if (nameEnd === -1 || nameEnd >= balanceStart || !(balance <= most)) return undefined
      if (isBare !== (nameEnd === balanceStart - 1)) return undefined
      const given = text.slice(nameEnd + 1, balanceStart - 1)
      const attributes = isBare ? none : (known.get(given) ?? read(given.split(',')))
      known.set(given, attributes)
      take(text.slice(at, nameEnd), attributes, balance)
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return accounts
}

/** Of `15.99`; NaN where it is not written so, with both digits. */
function cents(text: string, from: number, to: number): number {
  if (text[to - 3] !== '.') return Number.NaN
  return wholeNumber(text, from, to - 3) * 100 + wholeNumber(text, to - 2, to)
}

/** The number that these digits write; NaN where they are not 1 to 15 digits. */
function wholeNumber(text: string, from: number, to: number): number {
  if (from >= to || to - from > 15) return Number.NaN
  let number = 0
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}
