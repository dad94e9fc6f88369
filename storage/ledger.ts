/**
 * The ledger's contract: accounts whose balance never goes below zero, reservations on them, and a fence.
 *
 * What every engine keeps true:
 * 1. An outcome is given only after the state that it was computed from is durable; a refusal and a repeated answer too.
 * 2. Commands take effect one after another; a batch is answered in its order.
 * 3. `reserve` is all or nothing. `reserve`, `confirm` and `void` are idempotent by attempt id.
 * 4. The fence only rises and is durable. Below it decided ids are forgotten: there an unknown `reserve` is stale, and an
 *    unknown `confirm` or `void` is done. `open` raises it and lists what is still open below it, in one turn.
 * 5. Whatever changes a balance and is no purchase is a movement, numbered 1, 2, 3 … without a gap.
 * 6. A `change` with a key is made once: the same again is answered as the first time. The last 10,000 keys are remembered.
 *
 * The rule itself is one pure function (ledger/rule.ts) that an engine is given.
 */
import type { LedgerState } from './ledger-state.ts'

/** `a<incarnation>-<seq>`: one attempt at a purchase. See attempt-id.ts for their order. */
export type AttemptId = string

/** Of so many changes the keys are remembered. Each new journal segment begins with them, so there are not more. */
export const changesRemembered = 10_000

/** The most that a balance may be set to. What reservations give back can come on top, and it is still a safe integer. */
export const balanceMax = 1_000_000_000_000

export interface Item {
  account: string
  /** Pieces or cents: a whole number above zero. */
  amount: number
}

export interface Account {
  balance: number
  /** Further columns of the account's row, as text; the ledger hands them through. */
  attributes: readonly string[]
}

export interface HeldItem extends Item {
  attributes: readonly string[]
}

export interface Reservation {
  id: AttemptId
  /** The last synced order number when the attempt began: its row, if there is one, has a higher number. */
  after: number
  items: readonly HeldItem[]
}

/** A change that was asked for under a key, with the balance that it came to. */
export interface KeyedChange {
  account: string
  change: number
  balance: number
  movement: number
  /** It was taken back: under its key the next one is a new one. */
  undone: boolean
}

export interface Movement {
  number: number
  /** ISO 8601, UTC. */
  at: string
  account: string
  /** Signed: what was added to the balance. */
  change: number
  reason: string
}

export type Command =
  /** The items name each account once. */
  | { op: 'reserve'; id: AttemptId; after: number; items: readonly Item[] }
  | { op: 'confirm'; id: AttemptId }
  | { op: 'void'; id: AttemptId }
  /** `first`: the first open of an incarnation; it changes nothing where that incarnation or a higher one was seen. */
  | { op: 'open'; fence: AttemptId; first: boolean }
  /** Takes without a reservation: a direct sale or payment. */
  | { op: 'take'; account: string; amount: number; reason: string }
  | { op: 'change'; account: string; change: number; reason: string; key?: string | undefined }
  /** Takes the change back that was made under this key. */
  | { op: 'undo'; account: string; key: string; reason: string }
  /** Makes the account, or sets its attributes and balance; `isNew`: refused where there is one. */
  | { op: 'put'; account: string; attributes: readonly string[]; balance: number; reason: string; isNew?: boolean }
  | { op: 'remove'; account: string; reason: string }

export type Outcome =
  | { outcome: 'held'; items: readonly HeldItem[] }
  | { outcome: 'refused'; reason: Refused; accounts: readonly string[] }
  /** The id lies below the fence and is unknown. */
  | { outcome: 'stale'; fence: AttemptId }
  | { outcome: 'done' }
  /** Asked to confirm what was voided, or the other way round: never in a healthy store. */
  | { outcome: 'conflict'; decided: Decision }
  | { outcome: 'opened'; fence: AttemptId; open: readonly { id: AttemptId; after: number }[] }
  /** A first open whose incarnation is not new here. */
  | { outcome: 'seen'; fence: AttemptId }
  | { outcome: 'changed'; account: string; balance: number; attributes: readonly string[]; movement: number }

/**
 * `voided`: the attempt was given up, or the change taken back; `reserved`: a reservation holds some of it; `exists`: the account
 * is there; `too_much`: the balance would be above `balanceMax`; `key_reused`: the key is another change's.
 */
export type Refused = 'not_found' | 'insufficient' | 'voided' | 'reserved' | 'exists' | 'too_much' | 'key_reused'

export type Decision = 'confirmed' | 'voided'

/** What a command makes true, as resulting values and not differences, so that a replay is harmless twice. */
export type Fact =
  | { fact: 'account'; account: string; balance: number; attributes: readonly string[] }
  | { fact: 'removed'; account: string }
  | { fact: 'open'; reservation: Reservation }
  | { fact: 'decided'; id: AttemptId; decision: Decision }
  | { fact: 'fence'; fence: AttemptId }
  | { fact: 'movement'; movement: Movement }
  | { fact: 'keyed'; key: string; keyed: KeyedChange }

/** (state, commands) → per command its outcome and the facts to make durable (none where nothing changes). Pure. */
export type Rule = (
  state: LedgerState,
  commands: readonly Command[],
  now: number,
) => { outcomes: Outcome[]; changes: (readonly Fact[])[] }

/** Told of a published batch: its sequence number, and what it changed, undefined where an account was removed. Never throws. */
export type LedgerWatch = (sequence: number, changed: ReadonlyMap<string, Account | undefined>) => void

export interface Ledger {
  /** Throws `unavailable` (nothing happened) or `outcome_unknown`. */
  execute(commands: readonly Command[]): Promise<Outcome[]>
  account(name: string): Promise<Account | undefined>
  /** The same, with the sequence number of the last batch that this read saw: the next batch that changes it has a higher one. */
  accountAt(name: string): Promise<{ account: Account | undefined; sequence: number }>
  /** Published batches that changed an account are numbered 1, 2, 3 … in each life of the engine: the last one's number. */
  readonly sequence: number
  /** From now on `watch` is told of each of them: in their order, as readers begin to see it, and before who asked for it is answered. */
  watch(watch: LedgerWatch): void
  /** The change that was made under this key, while it is remembered. */
  keyed(key: string): Promise<KeyedChange | undefined>
  /** Accounts by name in code-unit order, those after `after`. */
  list(after: string, limit: number): Promise<(Account & { name: string })[]>
  movements(after: number, limit: number): Promise<Movement[]>
  close(): Promise<void>
}
