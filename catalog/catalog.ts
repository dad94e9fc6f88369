/** What the catalog says of its ledger in the words of a toy store. Pure. */
import { StoreError } from '../errors.ts'
import { moneyNumber, parseMoney } from '../money.ts'
import type { Account, Outcome } from '../storage/ledger.ts'
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
