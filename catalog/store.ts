/** The catalog's ledger: which engine, which columns. An account is a toy: its balance the pieces, its attribute the price. */
import { rule } from '../ledger/rule.ts'
import { formatMoney, parseMoney } from '../money.ts'
import { CsvLedger, type LedgerOptions } from '../storage/csv/ledger-engine.ts'
import type { AccountColumns } from '../storage/csv/readable.ts'
import type { Account } from '../storage/ledger.ts'
import { nameFault } from './client.ts'

export const columns: AccountColumns = {
  name: 'name',
  attributes: ['price'],
  balance: 'quantity',
  balanceAliases: ['stock'],
  checkName(name) {
    const fault = nameFault(name)
    if (fault !== undefined) throw new RangeError(`the name ${fault}`)
  },
  readAttributes({ price }) {
    try {
      return [formatMoney(parseMoney(price!))]
    } catch (error) {
      throw new RangeError(`the price ${(error as Error).message}`)
    }
  },
}

const pieces = 10_000
export const firstToys: ReadonlyMap<string, Account> = new Map(
  Object.entries({
    Tux: '25.99',
    Whale: '19.99',
    Elephant: '29.99',
    Fox: '29.99',
    Python: '29.99',
    Dolphin: '22.99',
  }).map(([name, price]) => [name, { attributes: [price], balance: pieces }]),
)

/** Opens `toys_db.csv` and what lies beside it. Throws a StartError where a person must mend something. */
export const openToys = (
  options: Omit<LedgerOptions, 'name' | 'columns' | 'seed' | 'rule'>,
): ReturnType<typeof CsvLedger.open> =>
  CsvLedger.open({ ...options, name: 'toys_db.csv', columns, seed: firstToys, rule })
