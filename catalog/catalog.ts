/** What the catalog says of its ledger in the words of a toy store. Pure. */
import { StoreError } from '../errors.ts'
import { formatMoney, moneyNumber, parseMoney } from '../money.ts'
import { type Account, balanceMax, type Command, type Outcome } from '../storage/ledger.ts'
import type { Toy } from './client.ts'

export function toyOf(name: string, { balance, attributes }: Account): Toy {
  return { name, price: moneyNumber(parseMoney(attributes[0]!)), quantity: balance, stock: balance }
}

export const productNotFound = (): StoreError => new StoreError('product_not_found', 'product not found')

/** `quantity` is what was bought, `stock` what is left. Throws the refusal as an error. */
export function soldOf(
  name: string,
  quantity: number,
  outcome: Outcome,
): { name: string; quantity: number; price: number; stock?: number } | StoreError {
  if (outcome.outcome === 'changed') {
    const { price, stock } = toyOf(name, outcome)
    return { name, quantity, price, stock }
  }
  if (outcome.outcome === 'held')
    return { name, quantity, price: moneyNumber(parseMoney(outcome.items[0]?.attributes[0] ?? '0')) }
  if (outcome.outcome === 'refused' && outcome.reason === 'not_found') return productNotFound()
  if (outcome.outcome === 'refused' && outcome.reason === 'insufficient')
    return new StoreError('out_of_stock', 'not enough stock')
  return new StoreError('conflict', 'this attempt was given up')
}

/** Commands, by what an owner does with stock; prices in cents. */
export const commandFor = {
  create: (account: string, cents: number, balance: number): Command => ({
    op: 'put',
    account,
    attributes: [formatMoney(cents)],
    balance,
    reason: 'new product',
    isNew: true,
  }),
  set: (account: string, cents: number, balance: number): Command => ({
    op: 'put',
    account,
    attributes: [formatMoney(cents)],
    balance,
    reason: 'set',
  }),
  restock: (account: string, change: number, key: string | undefined): Command => ({
    op: 'change',
    account,
    change,
    reason: 'restock',
    key: key === undefined ? undefined : `restock ${key}`,
  }),
  change: (account: string, change: number): Command => ({
    op: 'change',
    account,
    change,
    reason: change < 0 ? 'taken out' : 'restock',
  }),
} as const

/** What came of a command. Throws the refusal as an error. */
export function toyAfter(outcome: Outcome): Toy {
  if (outcome.outcome === 'changed') {
    if (outcome.attributes.length === 0) throw productNotFound() // told again, of a toy that was taken out since
    return toyOf(outcome.account, outcome)
  }
  throw outcome.outcome === 'refused' ? refusalOf(outcome) : new StoreError('conflict', 'this is no change of stock')
}

function refusalOf({ reason }: Outcome & { outcome: 'refused' }): StoreError {
  switch (reason) {
    case 'not_found':
      return productNotFound()
    case 'insufficient':
      return new StoreError('out_of_stock', 'not enough stock')
    case 'too_much':
      return new StoreError('conflict', `there cannot be more than ${balanceMax} pieces`)
    case 'exists':
      return new StoreError('product_exists', 'there is a product of this name already')
    case 'key_reused':
      return new StoreError('key_reused', 'this key was used for another restock; use a new one')
    case 'reserved':
    case 'voided':
      return new StoreError('conflict', 'a purchase holds some of it')
  }
}
