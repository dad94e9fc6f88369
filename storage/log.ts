/**
 * The log's contract: numbered entries that only grow.
 *
 * What every engine keeps true:
 * 1. Numbers rise one by one without a gap, above every number ever acknowledged, also after any restart.
 * 2. `append` resolves after its entry is durable. It throws `unavailable` only when the entry is certainly not in the
 *    log and never will be, and `outcome_unknown` when it may be.
 * 3. Readers see only what would survive a crash. An entry of several rows is seen whole or not at all.
 */

/** What is appended: one or several rows under one number. */
export interface Entry {
  key: string
  attempt: string
  /** The rows' further columns, by name; those of key and attempt are filled in. */
  rows: readonly Readonly<Record<string, string>>[]
}

export interface LogEntry extends Entry {
  number: number
}

export interface Log {
  /** The highest number that is durable; 0 before the first. */
  readonly lastNumber: number
  append(entry: Entry): Promise<number>
  get(number: number): Promise<LogEntry | undefined>
  /** Newest first, those below `before`. */
  list(before: number, limit: number): Promise<LogEntry[]>
  /** Whether it is known without a look at the disk that `byKey` finds nothing. It may say no of any key. */
  isNew(key: string): boolean
  /** The entry with this idempotency key, among the last 1,048,576; waits until they are all found again after a start. */
  byKey(key: string): Promise<LogEntry | undefined>
  /** Those of the given attempts that have an entry numbered above `after`; reads the log, not memory. */
  attemptsAfter(attempts: ReadonlySet<string>, after: number): Promise<Set<string>>
  /**
   * Those numbered above `after` that are durable when it is asked, in their order. It passes over nothing: where one cannot be
   * read, or is missing, it throws when it comes there. With a `column`, those that have something in it in their first row:
   * of the others it is only seen that none is missing.
   */
  since(after: number, column?: string): AsyncIterable<LogEntry>
  close(): Promise<void>
}
