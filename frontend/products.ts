/**
 * Products in memory, as answers that are ready to be sent, kept up to date by the catalog's stream of changes.
 *
 * What is always true, where `now` is the number of the last change that the stream has told:
 * 1. There is nothing in memory while the stream is down. A new epoch begins empty.
 * 2. An answer in memory holds every change up to `now`, and up to its own number where that is higher (it was fetched before
 *    the stream came so far). So a change replaces it only if its number is higher.
 * 3. A fetch is stored only where it was begun since the stream's beginning and is of its epoch, so that it holds what was
 *    told until then; a change that is told while it is under way is stored in its place where that is newer.
 * 4. From `seen` on nothing older than the position is given away: neither what is in memory, nor what a fetch brings that
 *    was begun before. Without a position, nothing that was asked for before.
 * 5. With a `floor` the same holds between threads: what one has shown or sold counts as `seen` by all (floor.ts).
 *
 * Fetches of one name at the same time share one call; `#fetches` holds those that can still be joined and stored.
 */
import type { CallOptions, Change, Found, Position, Toy } from '../catalog/client.ts'
import { orThrow, StoreError } from '../errors.ts'
import { asJson, type WholeReply } from '../http/reply.ts'
import type { Floor, Mark } from './floor.ts'

/** The answer, or what is told of a name that no toy has. */
type Reply = WholeReply | StoreError

/** What is known of one name: `at` is the change, or the read, that it is from. */
interface Entry {
  at: Position
  reply: Reply
  /** The floor's, when it was asked for. */
  mark: Mark | undefined
}

/** What was told of a name since a fetch of it began: the last change. */
interface Since {
  newer: Pick<Entry, 'at' | 'reply'> | undefined
}

export interface ProductsOptions {
  /** Asks the catalog. */
  query: (name: string, options: CallOptions) => Promise<Found>
  /** How many names are kept at most; over it, the one that came first goes. */
  namesMax?: number
  /** How many of those may be names that no toy has: anybody can think of more. */
  missingMax?: number
  /** Where it is not the only one of its front end. */
  floor?: Floor | undefined
}

export class Products {
  readonly #query: ProductsOptions['query']
  readonly #namesMax: number
  readonly #floor: Floor | undefined
  readonly #missingMax: number
  readonly #entries = new Map<string, Entry>()
  /** Those of them that no toy has, in the order in which they came. */
  readonly #missing = new Set<string>()
  readonly #fetches = new Map<string, { reply: Promise<WholeReply>; since: Since; mark: Mark | undefined }>()
  /** Undefined while it is down. */
  #stream: Position | undefined
  /** How many answers were given from where, so far. */
  readonly answers = { memory: 0, catalog: 0 }

  constructor({ query, namesMax = 100_000, missingMax = 1000, floor }: ProductsOptions) {
    this.#floor = floor
    this.#query = query
    this.#namesMax = namesMax
    this.#missingMax = missingMax
  }

  get size(): number {
    return this.#entries.size
  }

  /** The answer from memory; undefined where it must be fetched. Throws `product_not_found`. */
  known(name: string): WholeReply | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined || !this.#keepsFloor(name, entry)) return undefined
    this.answers.memory += 1
    return orThrow(entry.reply)
  }

  /** The answer from the catalog. Throws what the query throws. */
  fetch(name: string, options: CallOptions): Promise<WholeReply> {
    this.answers.catalog += 1
    const running = this.#fetches.get(name)
    if (running !== undefined && (running.mark === undefined || this.#floor?.stillAt(name, running.mark)))
      return running.reply
    const mark = this.#floor?.mark(name)
    const since: Since = { newer: undefined }
    const reply = this.#ask(name, options, since, mark)
    this.#fetches.set(name, { reply, since, mark })
    return reply
  }

  /** Whoever asks from now on must be shown this position, or, where it is not known, what the catalog says from now on. */
  seen(name: string, at: Position | undefined): void {
    this.#floor?.raise(name, at)
    this.#forget(name, at)
  }

  #forget(name: string, at: Position | undefined): void {
    const stream = this.#stream
    if (at !== undefined && at.epoch === stream?.epoch) {
      if (stream.sequence >= at.sequence) return
      const entry = this.#entries.get(name)
      if (entry !== undefined && entry.at.sequence >= at.sequence) return
    }
    this.#drop(name)
    this.#fetches.delete(name)
  }

  /** The stream is up: from this position on every change is told. */
  begin({ epoch, sequence }: Position): void {
    this.down()
    this.#stream = { epoch, sequence }
    this.#floor?.begin(epoch)
  }

  /** Throws where a change before it was not told. */
  change({ sequence, changed, removed }: Change): void {
    if (this.#stream === undefined || sequence !== this.#stream.sequence + 1)
      throw new RangeError(`change ${sequence} does not follow ${this.#stream?.sequence}`)
    const at = { epoch: this.#stream.epoch, sequence }
    this.#stream = at
    for (const toy of changed) this.#changed(toy, at)
    for (const name of removed) {
      if (this.#isOlder(name, at)) this.#drop(name)
      this.#fetches.delete(name)
    }
  }

  /** The stream is cut. */
  down(): void {
    this.#stream = undefined
    this.#entries.clear()
    this.#missing.clear()
    this.#fetches.clear()
  }

  #changed(toy: Toy, at: Position): void {
    const fetch = this.#fetches.get(toy.name)
    if (fetch !== undefined) fetch.since.newer = { at, reply: replyOf(toy) }
    const entry = this.#entries.get(toy.name)
    if (entry === undefined || !this.#isOlder(toy.name, at)) return
    this.#floor?.raise(toy.name, at)
    this.#keep(toy.name, { at, reply: replyOf(toy), mark: entry.mark })
  }

  /** What is in memory holds every change that the stream has told, too. One that lags behind comes again with the stream. */
  #keepsFloor(name: string, { at, mark }: Entry): boolean {
    if (this.#floor === undefined || this.#stream === undefined || mark === undefined) return true
    const { epoch, sequence } = this.#stream
    return this.#floor.allows(name, { epoch, sequence: Math.max(sequence, at.sequence) }, mark)
  }

  /** All in memory are of the stream's epoch. */
  #isOlder(name: string, { sequence }: Position): boolean {
    const entry = this.#entries.get(name)
    return entry !== undefined && entry.at.sequence < sequence
  }

  async #ask(name: string, options: CallOptions, since: Since, mark: Mark | undefined): Promise<WholeReply> {
    const isCurrent = (): boolean => this.#fetches.get(name)?.since === since
    let found: Found
    try {
      found = await this.#query(name, options)
    } catch (error) {
      if (isCurrent()) this.#fetches.delete(name)
      throw error
    }
    const { toy, at, changed } = found
    const read = { at, reply: replyOf(toy) }
    const { newer } = since
    // Who joined since the change was told must be shown it, whatever became of the stream. A later epoch has it.
    const best = newer !== undefined && newer.at.epoch === at?.epoch && newer.at.sequence > at.sequence ? newer : read
    // It is shown to somebody, so nobody may be shown anything older from now on.
    this.#floor?.raise(name, best === newer || at === undefined ? best.at : { ...at, sequence: changed ?? at.sequence })
    if (isCurrent()) this.#fetched(name, { ...best, mark })
    else this.#forget(name, best.at)
    return orThrow(best.reply)
  }

  #fetched(name: string, { at, ...read }: Omit<Entry, 'at'> & { at: Position | undefined }): void {
    this.#fetches.delete(name)
    if (at === undefined || at.epoch !== this.#stream?.epoch) return
    if (this.#entries.size >= this.#namesMax) {
      const [first] = this.#entries.keys()
      this.#drop(first!)
    }
    this.#keep(name, { at, ...read })
    if (this.#missing.size > this.#missingMax) {
      const [first] = this.#missing
      this.#drop(first!)
    }
  }

  #keep(name: string, entry: Entry): void {
    this.#entries.set(name, entry)
    if (entry.reply instanceof StoreError) this.#missing.add(name)
    else this.#missing.delete(name)
  }

  #drop(name: string): void {
    this.#entries.delete(name)
    this.#missing.delete(name)
  }
}

const notThere = new StoreError('product_not_found', 'product not found')

/** Ready to be sent, or what a buyer is told of a toy that is not there. */
export const replyOf = (toy: Toy | undefined): Reply => (toy === undefined ? notThere : asJson({ data: toy }))
