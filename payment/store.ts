/** The customers' ledger: which engine, which columns. An account is a customer: its balance the credit, in cents. */
import { rule } from '../ledger/rule.ts'
import { nameFault } from '../ledger-service/name.ts'
import { CsvLedger, type LedgerOptions } from '../storage/csv/ledger-engine.ts'
import type { AccountColumns } from '../storage/csv/readable.ts'

export const columns: AccountColumns = {
  name: 'user_id',
  attributes: [],
  balance: 'credit',
  decimals: 2,
  balanceAliases: [],
  checkName(name) {
    const fault = nameFault(name)
    if (fault !== undefined) throw new RangeError(`the user_id ${fault}`)
  },
  readAttributes: () => [],
}

/** Opens `customers.csv` and what lies beside it. Throws a StartError where a person must mend something. */
export const openCustomers = (
  options: Omit<LedgerOptions, 'name' | 'columns' | 'seed' | 'rule'>,
): ReturnType<typeof CsvLedger.open> =>
  CsvLedger.open({ ...options, name: 'customers.csv', columns, seed: new Map(), rule })
