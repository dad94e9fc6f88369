/**
 * Drafts of orders. Always:
 * - A draft is paid exactly when an order with its key is in the log. Its checkout is one purchase under that key, however
 *   often, by however many, and after however long it is asked for.
 * - A draft is not changed while it is being checked out, nor after it is paid.
 *
 * The number of its order is written into the draft after the order is durable, and nobody waits for it: until then it is
 * known here (`#unmarked`), and after a crash it is found by the key among the orders that the log remembers. So it must be
 * written before that many more orders have come; where the disk refuses it for so long, the service is given up.
 */
import { type Position, positionText } from '../catalog/client.ts'
import type { Clock } from '../clock.ts'
import { asError, orThrow, StoreError } from '../errors.ts'
import { moneyNumber } from '../money.ts'
import { keysRemembered } from '../storage/csv/key-index.ts'
import type { Log } from '../storage/log.ts'
import type { BulkMap } from '../storage/map.ts'
import type { DraftAnswer, DraftOp, FilledDraft, Placed } from './client.ts'
import { type Draft, totalOf, wantedByDraft, withItem, withoutPiece } from './draft.ts'
import type { Orders } from './order.ts'
import type { Wanted } from './purchase.ts'

export interface DraftsOptions {
  map: BulkMap<Draft>
  orders: Pick<Orders, 'placeAll'>
  log: Pick<Log, 'isNew' | 'byKey' | 'lastNumber'>
  clock: Clock
  /** Told what the operator should know. */
  note: (sentence: string) => void
  giveUp: (error: Error) => void
}

/** So many drafts may be paid without that it is written in them; more are not checked out. */
const unmarkedMax = 10_000
const markAgainMs = 500

interface Checkout {
  id: string
  draft: Draft
  wanted: Wanted
}

export class Drafts {
  readonly #options: DraftsOptions
  readonly #checkouts = new Map<string, Promise<DraftAnswer>>()
  /** Changes under way, by draft. */
  readonly #changes = new Map<string, Promise<unknown>>()
  /** The numbers of orders that are not written in their draft yet, by key; the oldest first. */
  readonly #unmarked = new Map<string, number>()
  /** Keys of purchases of which nobody knows whether they took place: only a new start can tell. */
  readonly #doubtful = new Set<string>()
  #marking = 0
  /** The disk refused the last mark, and the operator was told. */
  #refused = false
  #closed = false

  constructor(options: DraftsOptions) {
    this.#options = options
  }

  /** Paid drafts in which that is not written yet. */
  get unmarked(): number {
    return this.#unmarked.size
  }

  /** `deadline` in milliseconds of `clock.elapsed()`. Answers in their order, with an error for what is refused. */
  runAll(ops: readonly DraftOp[], deadline: number): Promise<(DraftAnswer | Error)[]> {
    const ids = new Set<string>()
    for (const { op, id } of ops) if (op === 'checkout' && !this.#checkouts.has(id)) ids.add(id)
    if (ids.size > 0) this.#begin([...ids], deadline)
    return Promise.all(ops.map((op) => this.#run(op).catch(asError)))
  }

  /** Resolves when every paid draft says so, or the disk refuses it. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#marking > 0) await new Promise<void>((resolve) => this.#options.clock.after(5, resolve))
  }

  #run(op: DraftOp): Promise<DraftAnswer> {
    switch (op.op) {
      case 'create':
        return this.#create(op.id, op.user)
      case 'add':
        return this.#change(op.id, (draft) => withItem(draft, op))
      case 'take':
        return this.#change(op.id, (draft) => withoutPiece(draft, op.name))
      case 'delete':
        return this.#change(op.id, () => undefined)
      case 'find':
        return this.#find(op.id)
      case 'checkout':
        return this.#checkouts.get(op.id)!
      case 'fill':
        return this.#fill(op.id, op.drafts)
    }
  }

  async #create(id: string, user: string): Promise<DraftAnswer> {
    await this.#options.map.update(id, (known) => {
      if (known !== undefined) throw new StoreError('conflict', 'there is an order of this id already')
      return { user, items: [], key: `~${id}`, order: undefined }
    })
    return { id }
  }

  async #find(id: string): Promise<DraftAnswer> {
    const draft = await this.#get(id)
    const order = await this.#orderOf(id, draft)
    const { user, items } = draft
    return {
      id,
      user,
      items: items.map(({ name, quantity }) => [name, quantity]),
      total: moneyNumber(totalOf(draft)),
      paid: order !== undefined,
    }
  }

  async #change(id: string, change: (draft: Draft) => Draft | undefined): Promise<DraftAnswer> {
    if (this.#checkouts.has(id)) throw beingCheckedOut()
    const changed = this.#changeOnce(id, change)
    const all = Promise.allSettled([this.#changes.get(id), changed]).then(() => {
      if (this.#changes.get(id) === all) this.#changes.delete(id)
    })
    this.#changes.set(id, all)
    return changed
  }

  async #changeOnce(id: string, change: (draft: Draft) => Draft | undefined): Promise<DraftAnswer> {
    const known = await this.#get(id)
    await this.#checkUnpaid(id, known)
    await this.#options.map.update(id, (draft) => {
      if (draft === undefined) throw noDraft()
      // A draft of another key came by a batch_init, and is new.
      if (draft.order !== undefined || this.#unmarked.has(draft.key)) throw isPaid()
      return change(draft)
    })
    return { id }
  }

  /** Many at once, whatever was there before; `batch` is like no other. */
  async #fill(batch: string, drafts: readonly FilledDraft[]): Promise<DraftAnswer> {
    if (drafts.some(({ id }) => this.#checkouts.has(id))) throw beingCheckedOut()
    await this.#options.map.putAll(
      drafts.map(({ id, user, items }) => [id, { user, items, key: `~${id}.${batch}`, order: undefined }] as const),
    )
    return { id: batch }
  }

  /** From here on whoever asks for one of them joins. */
  #begin(ids: readonly string[], deadline: number): void {
    const all = this.#checkOutAll(ids, deadline)
    for (const id of ids) {
      const answer = all.then((answers) => orThrow(answers.get(id)!))
      this.#checkouts.set(id, answer)
      const done = (): void => void this.#checkouts.delete(id)
      answer.then(done, done)
    }
  }

  /** Never rejects. Their purchases are placed together. */
  async #checkOutAll(ids: readonly string[], deadline: number): Promise<Map<string, DraftAnswer | Error>> {
    const answers = new Map<string, DraftAnswer | Error>()
    const ready: Checkout[] = []
    const prepare = async (id: string): Promise<void> => {
      try {
        const prepared = await this.#prepare(id)
        if ('wanted' in prepared) ready.push(prepared)
        else answers.set(id, prepared)
      } catch (error) {
        answers.set(id, asError(error))
      }
    }
    await Promise.all(ids.map(prepare))
    const buy = async (some: readonly Checkout[]): Promise<void> => {
      const wanted = some.map((one) => one.wanted)
      const failed = (error: unknown) => some.map(() => asError(error))
      const placed = await this.#options.orders.placeAll(wanted, deadline).catch(failed)
      for (const [i, checkout] of some.entries()) answers.set(checkout.id, this.#placed(checkout, placed[i]!))
    }
    await Promise.all(inParts(ready).map(buy))
    return answers
  }

  /** What is to be bought, or the answer where it was bought already. */
  async #prepare(id: string): Promise<Checkout | DraftAnswer> {
    await this.#changes.get(id)
    const draft = await this.#get(id)
    if ((await this.#orderOf(id, draft)) !== undefined) return { id, paid: true }
    if (this.#unmarked.size >= unmarkedMax)
      throw new StoreError('unavailable', 'too many orders wait to be written in their drafts; nothing was bought')
    return { id, draft, wanted: wantedByDraft(draft) }
  }

  #placed({ id, draft }: Checkout, result: Placed | Error): DraftAnswer | Error {
    if (result instanceof Error) {
      if (!(result instanceof StoreError) || result.code === 'outcome_unknown') this.#doubtful.add(draft.key)
      return result
    }
    const { bought, at } = result
    this.#mark(id, draft.key, bought.order_number)
    return { id, paid: true, names: draft.items.map(({ name }) => name), ...atOf(at) }
  }

  async #get(id: string): Promise<Draft> {
    const draft = await this.#options.map.get(id)
    if (draft === undefined) throw noDraft()
    return draft
  }

  async #checkUnpaid(id: string, draft: Draft): Promise<void> {
    if ((await this.#orderOf(id, draft)) !== undefined) throw isPaid()
  }

  /** The number of its order; undefined where it has none. */
  async #orderOf(id: string, { key, order }: Draft): Promise<number | undefined> {
    if (order !== undefined) return order
    const unmarked = this.#unmarked.get(key)
    if (unmarked !== undefined) return unmarked
    if (this.#doubtful.has(key))
      throw new StoreError('outcome_unknown', 'it is not known whether this order was paid; ask again')
    const { log } = this.#options
    if (log.isNew(key)) return undefined
    const entry = await log.byKey(key)
    if (entry === undefined) return this.#unmarked.get(key) // it may have been bought meanwhile
    this.#mark(id, key, entry.number)
    return entry.number
  }

  #mark(id: string, key: string, number: number): void {
    if (this.#unmarked.has(key)) return
    this.#unmarked.set(key, number)
    void this.#write(id, key, number)
  }

  /** Never rejects. */
  async #write(id: string, key: string, number: number): Promise<void> {
    const { map, log, clock, note, giveUp } = this.#options
    this.#marking += 1
    try {
      await map.update(id, (draft) => (isUnmarked(draft, key) ? { ...draft, order: number } : draft))
      this.#unmarked.delete(key)
      this.#refused = false
    } catch (error) {
      const [oldest] = this.#unmarked.values()
      if (log.lastNumber - oldest! > keysRemembered / 2)
        giveUp(new Error('drafts cannot be marked as paid', { cause: error }))
      else if (!this.#closed) {
        if (!this.#refused) note(`drafts cannot be marked as paid yet: ${asError(error).message}`)
        this.#refused = true
        clock.after(markAgainMs, () => void this.#write(id, key, number))
      }
    } finally {
      this.#marking -= 1
    }
  }
}

/** So many items go to the catalog in one call. */
const itemsAtOnce = 2000

function inParts(checkouts: readonly Checkout[]): Checkout[][] {
  const parts: Checkout[][] = []
  let room = 0
  for (const checkout of checkouts) {
    const { length } = checkout.wanted.items
    if (room < length) {
      parts.push([])
      room = itemsAtOnce
    }
    parts.at(-1)!.push(checkout)
    room -= length
  }
  return parts
}

/** It may be paid already, deleted, or another one by now. */
const isUnmarked = (draft: Draft | undefined, key: string): draft is Draft =>
  draft?.key === key && draft.order === undefined

const atOf = (at: Position | undefined): { at?: string } => (at === undefined ? {} : { at: positionText(at) })
const noDraft = (): StoreError => new StoreError('order_not_found', 'there is no order of this id')
const beingCheckedOut = (): StoreError => new StoreError('conflict', 'the order is being checked out')
const isPaid = (): StoreError => new StoreError('conflict', 'the order is paid, and changes no more')
