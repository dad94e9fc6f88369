/**
 * Typed calls to the catalog, and what others must know of a toy: its shape and the rules of its name. The only file of the
 * catalog that another service imports.
 */
import { z } from 'zod'
import type { HopOptions } from '../http/batcher.ts'
import type { Caller } from '../http/caller.ts'
import { wholeNumber } from '../http/check.ts'
import { type FollowOptions, follow } from '../http/follow.ts'
import { type CallOptions, createLedgerClient, type LedgerClient } from '../ledger-service/client.ts'
import { nameSchema } from '../ledger-service/name.ts'
import { centsMax, centsSchema } from '../money.ts'
import type { HeldItem, Outcome } from '../storage/ledger.ts'
import { balanceMax } from '../storage/ledger.ts'
import { commandFor, toyAfter } from './catalog.ts'

export { isName, nameFault, nameSchema } from '../ledger-service/name.ts'
export type { CallOptions }

/** `price` in the shop's currency, such as 25.99; `stock` repeats `quantity`. */
export interface Toy {
  name: string
  price: number
  quantity: number
  stock: number
}

/** So many pieces of a toy a purchase may take. */
export const piecesMax = 1_000_000

/** What a new toy has; `price` becomes cents. */
export const newProductSchema = z.strictObject({
  name: nameSchema,
  price: centsSchema({ min: 1, max: centsMax }),
  quantity: wholeNumber(0, balanceMax),
})
export const restockSchema = z.strictObject({ quantity: wholeNumber(1, balanceMax) })

/** How far the changes had come: `sequence` numbers those of an `epoch`, which is one life of the catalog. */
export interface Position {
  epoch: string
  sequence: number
}

/** What changed at once, with its new values. */
export interface Change {
  sequence: number
  changed: Toy[]
  /** Their names. */
  removed: string[]
}

/** A toy, read at a position; undefined where there is none of the name. */
export interface Found {
  toy: Toy | undefined
  at: Position | undefined
  /** Of the same epoch: the last change of this toy, or a later one; undefined where it is not known. */
  changed?: number | undefined
}

/** On answers: the position that was read at, or that what was done is part of. */
export const positionHeader = 'x-position'
/** On a toy's: the number of its last change in this epoch, 0 before the first. */
export const changedHeader = 'x-changed'
export const positionText = ({ epoch, sequence }: Position): string => `${epoch}.${sequence}`

/** Undefined where the header is missing or no position. */
export function parsePosition(header: string | string[] | undefined): Position | undefined {
  const found = typeof header === 'string' ? /^([0-9a-f]+)\.(\d{1,15})$/.exec(header) : null
  return found === null ? undefined : { epoch: found[1]!, sequence: Number(found[2]) }
}

/** What is held, and a position that this is part of. */
export interface HeldAt extends HeldItem {
  at?: Position
}

export type Answer = Exclude<Outcome, { outcome: 'held' }> | { outcome: 'held'; items: readonly HeldAt[] }

export interface CatalogClient extends LedgerClient<Answer> {
  query(name: string, options: CallOptions): Promise<Found>
  /** By name, those after `after`; `next` is where to go on, if there is more. */
  list(after: string, limit: number, options: CallOptions): Promise<{ data: Toy[]; next: string | null }>
  /** Prices in cents. Errors: `product_exists`. */
  create(name: string, cents: number, quantity: number, options: CallOptions): Promise<Toy>
  /** With a key it is done once, however often it is asked. Errors: `product_not_found`, `conflict`, `key_reused`. */
  restock(name: string, quantity: number, key: string | undefined, options: CallOptions): Promise<Toy>
  /** Pieces come or go that are no purchase. Errors: `product_not_found`, `out_of_stock`, `conflict`. */
  change(name: string, change: number, options: CallOptions): Promise<Toy>
  /** Sets toys' price and stock, whether they are there or not. */
  setAll(names: readonly string[], cents: number, quantity: number, options: CallOptions): Promise<void>
}

export function createCatalogClient(caller: Caller, hop: HopOptions = {}): CatalogClient {
  const ledger = createLedgerClient<Answer>(caller, hop, (headers) => {
    const at = parsePosition(headers[positionHeader])
    return (data) => {
      const answer = data as Answer
      if (answer.outcome === 'held' && at !== undefined) for (const item of answer.items) item.at = at
      return answer
    }
  })
  return {
    ...ledger,
    async query(name, options) {
      const { data, headers } = await caller.call('GET', `/query/${encodeURIComponent(name)}?or=null`, options)
      const changed = headers[changedHeader]
      const number = typeof changed === 'string' && /^\d{1,15}$/.test(changed) ? Number(changed) : undefined
      return {
        toy: (data ?? undefined) as Toy | undefined,
        at: parsePosition(headers[positionHeader]),
        changed: number,
      }
    },
    async list(after, limit, options) {
      const { body } = await caller.call('GET', `/products?after=${encodeURIComponent(after)}&limit=${limit}`, options)
      return body as { data: Toy[]; next: string | null }
    },
    create: async (name, cents, quantity, options) =>
      toyAfter(await ledger.execute(commandFor.create(name, cents, quantity), options)),
    restock: async (name, quantity, key, options) =>
      toyAfter(await ledger.execute(commandFor.restock(name, quantity, key), options)),
    change: async (name, change, options) => toyAfter(await ledger.execute(commandFor.change(name, change), options)),
    async setAll(names, cents, quantity, options) {
      const outcomes = await ledger.ledger(
        names.map((name) => commandFor.set(name, cents, quantity)),
        options,
      )
      for (const outcome of outcomes) if (outcome instanceof Error) throw outcome
    },
  }
}

export interface FollowChangesOptions extends Pick<FollowOptions, 'origin' | 'token' | 'clock' | 'down'> {
  /** From here on every change is told, until `down`. */
  begin(position: Position): void
  change(change: Change): void
}

/** Follows the changes of the catalog at `origin`; returns how to stop. What `begin` or `change` throws begins the stream anew. */
export function followChanges({ begin, change, ...options }: FollowChangesOptions): () => void {
  return follow({
    ...options,
    path: '/changes',
    event(name, data) {
      if (name === 'begin') begin(data as Position)
      else if (name === 'change') change(data as Change)
    },
  })
}
