/** Typed calls to payment, and the shapes of a customer. The only file of payment that another service imports. */
import { z } from 'zod'
import { StoreError } from '../errors.ts'
import type { HopOptions } from '../http/batcher.ts'
import type { Caller } from '../http/caller.ts'
import { type CallOptions, createLedgerClient, type LedgerClient } from '../ledger-service/client.ts'
import { nameSchema } from '../ledger-service/name.ts'
import { centsSchema } from '../money.ts'
import { balanceMax } from '../storage/ledger.ts'
import { commandFor, customerAfter } from './payment.ts'

/** `credit` in the shop's currency, such as 12.5. */
export interface Customer {
  user_id: string
  credit: number
}

/** So much one purchase may cost, in cents: a reservation takes at most this. */
export const costMax = Number.MAX_SAFE_INTEGER

/** An id such as a toy's name could be. */
export const userSchema = nameSchema
/** An order that is paid for: any text that could be an id. */
export const orderIdSchema = nameSchema
/** Both become cents. */
export const newCustomerSchema = z.strictObject({
  user_id: userSchema.optional(),
  credit: centsSchema({ min: 0, max: balanceMax }).default(0),
})
export const creditSchema = z.strictObject({ amount: centsSchema({ min: 1, max: balanceMax }) })

/** Errors: `user_not_found`, `out_of_credit`, `customer_exists`, `key_reused`, `conflict`. Amounts in cents. */
export interface PaymentClient extends LedgerClient {
  get(user: string, options: CallOptions): Promise<Customer>
  create(user: string, cents: number, options: CallOptions): Promise<Customer>
  /** With a key it is put in once, however often it is asked. */
  credit(user: string, cents: number, key: string | undefined, options: CallOptions): Promise<Customer>
  /** Without an order it cannot be taken back. */
  pay(user: string, cents: number, order: string | undefined, options: CallOptions): Promise<Customer>
  /** Gives back what was paid for an order, once. */
  cancel(user: string, order: string, options: CallOptions): Promise<Customer>
  /** Whether the order was paid by `pay`, and not taken back. */
  isPaid(user: string, order: string, options: CallOptions): Promise<boolean>
  /** Sets customers' credit, whether they are there or not. */
  setAll(users: readonly string[], cents: number, options: CallOptions): Promise<void>
}

export function createPaymentClient(caller: Caller, hop: HopOptions = {}): PaymentClient {
  const ledger = createLedgerClient(caller, hop)
  const of = (user: string) => `/customers/${encodeURIComponent(user)}`
  return {
    ...ledger,
    get: async (user, options) => (await caller.call('GET', of(user), options)).data as Customer,
    create: async (user, cents, options) =>
      customerAfter(await ledger.execute(commandFor.create(user, cents), options)),
    credit: async (user, cents, key, options) =>
      customerAfter(await ledger.execute(commandFor.credit(user, cents, key), options)),
    pay: async (user, cents, order, options) =>
      customerAfter(await ledger.execute(commandFor.pay(user, cents, order), options)),
    async cancel(user, order, options) {
      const outcome = await ledger.execute(commandFor.cancel(user, order), options)
      if (outcome.outcome === 'refused' && outcome.reason === 'not_found')
        throw new StoreError('conflict', 'this customer has not paid for this order')
      return customerAfter(outcome)
    },
    async isPaid(user, order, options) {
      const path = `${of(user)}/payments/${encodeURIComponent(order)}`
      return ((await caller.call('GET', path, options)).data as { paid: boolean }).paid
    },
    async setAll(users, cents, options) {
      const outcomes = await ledger.ledger(
        users.map((user) => commandFor.set(user, cents)),
        options,
      )
      for (const outcome of outcomes) if (outcome instanceof Error) throw outcome
    },
  }
}
