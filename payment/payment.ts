/** What payment says of its ledger in the words of a shop. Pure. */
import { StoreError } from '../errors.ts'
import { formatMoney, moneyNumber } from '../money.ts'
import { balanceMax, type Command, type Outcome } from '../storage/ledger.ts'
import type { Customer } from './client.ts'

export const customerOf = (user: string, cents: number): Customer => ({ user_id: user, credit: moneyNumber(cents) })

export const userNotFound = (): StoreError => new StoreError('user_not_found', 'there is no customer of this id')

/**
 * Under which key a payment for an order is remembered, so that it is made once and can be taken back once. Names hold spaces,
 * but no tab: so it is no other customer's key.
 */
export const paymentKey = (user: string, order: string): string => `pay\t${user}\t${order}`

/** Commands, by what a shop does with credit; amounts in cents. */
export const commandFor = {
  create: (user: string, cents: number): Command => ({
    op: 'put',
    account: user,
    attributes: [],
    balance: cents,
    reason: 'new customer',
    isNew: true,
  }),
  set: (user: string, cents: number): Command => ({
    op: 'put',
    account: user,
    attributes: [],
    balance: cents,
    reason: 'set',
  }),
  credit: (user: string, cents: number, key: string | undefined): Command => ({
    op: 'change',
    account: user,
    change: cents,
    reason: 'credit put in',
    key: key === undefined ? undefined : `credit ${key}`,
  }),
  pay: (user: string, cents: number, order: string | undefined): Command => ({
    op: 'change',
    account: user,
    change: -cents,
    reason: order === undefined ? 'direct payment' : `payment of ${order}`,
    key: order === undefined ? undefined : paymentKey(user, order),
  }),
  cancel: (user: string, order: string): Command => ({
    op: 'undo',
    account: user,
    key: paymentKey(user, order),
    reason: `payment of ${order} taken back`,
  }),
} as const

/** What came of a command. Throws the refusal as an error. */
export function customerAfter(outcome: Outcome): Customer {
  if (outcome.outcome === 'changed') return customerOf(outcome.account, outcome.balance)
  throw outcome.outcome === 'refused' ? refusalOf(outcome) : new StoreError('conflict', 'this is no change of credit')
}

function refusalOf({ reason }: Outcome & { outcome: 'refused' }): StoreError {
  switch (reason) {
    case 'not_found':
      return userNotFound()
    case 'insufficient':
      return new StoreError('out_of_credit', 'not enough credit')
    case 'too_much':
      return new StoreError('conflict', `nobody can have more credit than ${formatMoney(balanceMax)}`)
    case 'exists':
      return new StoreError('customer_exists', 'there is a customer of this id already')
    case 'key_reused':
      return new StoreError('key_reused', 'this key was used for another amount or customer; use a new one')
    case 'voided':
      return new StoreError('conflict', 'this payment was taken back already')
    case 'reserved':
      return new StoreError('conflict', 'a purchase holds some of it')
  }
}
