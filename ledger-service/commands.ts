/**
 * A ledger's commands as they come over the wire. Always: what is taken fits the ledger's contract (storage/ledger.ts), and
 * a purchase names no more accounts than a journal line and an order can hold.
 */
import { z } from 'zod'
import { hasFields, isWholeNumber, wholeNumber } from '../http/check.ts'
import { isAttemptId } from '../storage/attempt-id.ts'
import { balanceMax, type Command } from '../storage/ledger.ts'
import { isName, nameSchema } from './name.ts'

/** So many accounts a reservation names at most. */
export const itemsMax = 100

/** How many accounts a command touches. */
export const accountsOf = (command: Command): number => (command.op === 'reserve' ? command.items.length : 1)

/** So many items are compared with each other in the quick look; more are the schema's. */
const few = 8

export interface CommandRules {
  /** What a reservation may take of an account. */
  amount: { min: number; max: number }
  /** What an account has beside its balance. */
  attributes: z.ZodType<string[]>
}

export interface Commands {
  schema: z.ZodType<Command>
  /** The quick look before that schema: what each purchase sends. */
  looksRight: (value: unknown) => value is Command
}

const id = z.string().refine(isAttemptId, { error: 'must be an attempt id such as a1-1' })
const oneLine = z
  .string()
  .max(600)
  .regex(/^[^\r\n\0]*$/, { error: 'must be one line' })
const isId = (value: unknown): boolean => typeof value === 'string' && isAttemptId(value)
const safe = Number.MAX_SAFE_INTEGER

export function commandsOf({ amount: { min, max }, attributes }: CommandRules): Commands {
  const items = z
    .array(z.strictObject({ account: nameSchema, amount: wholeNumber(min, max) }))
    .min(1)
    .max(itemsMax)
    .refine((all) => new Set(all.map(({ account }) => account)).size === all.length, {
      error: 'must name each account once',
    })
  const [op, account, reason] = [z.literal, nameSchema, oneLine]
  const balance = wholeNumber(0, balanceMax)
  const schema: z.ZodType<Command> = z.discriminatedUnion('op', [
    z.strictObject({ op: op('reserve'), id, after: wholeNumber(0, safe), items }),
    z.strictObject({ op: op('confirm'), id }),
    z.strictObject({ op: op('void'), id }),
    z.strictObject({ op: op('open'), fence: id, first: z.boolean() }),
    z.strictObject({
      op: op('change'),
      account,
      change: wholeNumber(-balanceMax, balanceMax),
      reason,
      key: oneLine.optional(),
    }),
    z.strictObject({ op: op('undo'), account, key: oneLine, reason }),
    z.strictObject({
      op: op('put'),
      account,
      attributes,
      balance,
      reason,
      isNew: z.boolean().default(false),
    }),
  ])
  const isItem = (given: unknown): boolean => {
    if (!hasFields(given, 2)) return false
    return isName(given.account) && isWholeNumber(given.amount, min, max)
  }
  const areFewItems = (given: unknown): boolean => {
    if (!Array.isArray(given) || given.length === 0 || given.length > few) return false
    for (let i = 0; i < given.length; i++) {
      if (!isItem(given[i])) return false
      for (let j = 0; j < i; j++) if (given[j].account === given[i].account) return false
    }
    return true
  }
  const looksRight = (value: unknown): value is Command => {
    if (hasFields(value, 2)) return (value.op === 'confirm' || value.op === 'void') && isId(value.id)
    if (!hasFields(value, 4) || value.op !== 'reserve' || !isId(value.id)) return false
    return isWholeNumber(value.after, 0, safe) && areFewItems(value.items)
  }
  return { schema, looksRight }
}
