/**
 * Typed calls to the catalog, and what others must know of a toy: its shape and the rules of its name. The only file of the
 * catalog that another service imports.
 */
import { z } from 'zod'
import { createBatcher, type HopOptions, type ItemOptions } from '../http/batcher.ts'
import type { CallOptions as AnyCallOptions, Caller } from '../http/caller.ts'
import { type FollowOptions, follow } from '../http/follow.ts'
import type { Command, HeldItem, Movement, Outcome } from '../storage/ledger.ts'

export type CallOptions = Pick<AnyCallOptions, 'deadline' | 'traceparent'>

/** `price` in the shop's currency, such as 25.99; `stock` repeats `quantity`. */
export interface Toy {
  name: string
  price: number
  quantity: number
  stock: number
}

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

const nameMax = 200
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** What is wrong with a toy's name; undefined where nothing is. A name is one line, and nothing a spreadsheet would run. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'must not be empty'
  if (name.length > nameMax) return `must have at most ${nameMax} characters`
  if (control.test(name)) return 'must not hold control characters or line breaks'
  if (!name.isWellFormed()) return 'must be whole Unicode text'
  if (name === '.' || name === '..') return 'must not be . or .. (a URL cannot hold it)'
  if (name.trim() !== name) return 'must not begin or end with a space'
  if ('=+-@'.includes(name[0]!)) return 'must not begin with =, +, - or @ (a spreadsheet would run it)'
  return undefined
}

export const nameSchema = z.string({ error: 'must be a string' }).check((given) => {
  const fault = nameFault(given.value)
  if (fault !== undefined) given.issues.push({ code: 'custom', message: fault, input: given.value })
})

/** What is held, and a position that this is part of. */
export interface HeldAt extends HeldItem {
  at?: Position
}

export type Answer = Exclude<Outcome, { outcome: 'held' }> | { outcome: 'held'; items: readonly HeldAt[] }

export interface CatalogClient {
  query(name: string, options: CallOptions): Promise<Found>
  /** By name, those after `after`; `next` is where to go on, if there is more. */
  list(after: string, limit: number, options: CallOptions): Promise<{ data: Toy[]; next: string | null }>
  movements(after: number, limit: number, options: CallOptions): Promise<{ data: Movement[]; next: number | null }>
  /** The ledger's commands, answered in their order, with an error for one that is refused as no command. */
  ledger(commands: readonly Command[], options: ItemOptions): Promise<(Answer | Error)[]>
  /** Throws where it is not ready. */
  ready(): Promise<void>
}

export function createCatalogClient(caller: Caller, hop: HopOptions = {}): CatalogClient {
  const ledger = createBatcher({
    batchMax: 1000, // what the catalog takes at once
    ...hop,
    caller,
    path: '/ledger',
    read(headers) {
      const at = parsePosition(headers[positionHeader])
      return (data) => {
        const answer = data as Answer
        if (answer.outcome === 'held' && at !== undefined) for (const item of answer.items) item.at = at
        return answer
      }
    },
  })
  return {
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
    async movements(after, limit, options) {
      const { body } = await caller.call('GET', `/movements?after=${after}&limit=${limit}`, options)
      return body as { data: Movement[]; next: number | null }
    },
    ledger: (commands, options) => ledger.sendAll(commands, options) as Promise<(Answer | Error)[]>,
    async ready() {
      await caller.call('GET', '/readyz')
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
