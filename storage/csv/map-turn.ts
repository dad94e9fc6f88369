/** What one batch of a map makes of its keys, decided in the order of arrival: rows to append, and everybody's answer. */
import { asError, StoreError } from '../../errors.ts'
import { batchBytesMax } from './append-file.ts'
import { emptyLine, mapLine } from './map-row.ts'

export interface MapFormat<Value> {
  /** The value's columns. */
  columns: readonly string[]
  /** The value of those columns, in their order. Throws a RangeError where they hold none. */
  read(fields: readonly string[]): Value
  write(value: Value): string[]
}

export interface Put<Value> {
  key: string
  value: Value
  fields: readonly string[]
}

/** What is asked of a map's writer. */
export type Work<Value> =
  | { key: string; change: (value: Value | undefined) => Value | undefined }
  | { puts: readonly Put<Value>[] }

/** What a key has, as the batch has made it so far. */
export interface Held<Value> {
  /** The place of its last durable row; 0 where it has no value there. */
  place: number
  has: boolean
  value: Value | undefined
  /** Why the value is not known: whatever needs it is refused so. */
  refusal: Error | undefined
}

/** One row to append. */
export interface Step<Value> {
  key: string
  value: Value | undefined
  line: string
  bytes: number
}

/**
 * Answers each work, an Error for one that failed alone. `held`: of every key, or why nothing is known of it. `commit` makes
 * steps durable and seen; where it throws, whoever waits for them, or comes behind, is refused with that.
 */
export async function decide<Value>(
  batch: readonly Work<Value>[],
  held: ReadonlyMap<string, Held<Value> | Error>,
  { columns, write }: MapFormat<Value>,
  commit: (steps: readonly Step<Value>[]) => Promise<void>,
): Promise<(Value | undefined | Error)[]> {
  const outs: (Value | undefined | Error)[] = []
  let steps: Step<Value>[] = []
  let bytes = 0
  let begun = 0 // the first work whose answer waits for the steps
  for (const [i, work] of batch.entries()) {
    const made = makeSteps(work)
    if (made instanceof Error) {
      outs[i] = made
      continue
    }
    const more = made.reduce((sum, step) => sum + step.bytes, 0)
    if (bytes + more > batchBytesMax) {
      const error = await committed()
      if (error !== undefined) return refused(begun, error)
      ;[steps, bytes, begun] = [[], 0, i]
    }
    for (const { key, value } of made)
      Object.assign(held.get(key)!, { has: value !== undefined, value, refusal: undefined })
    steps.push(...made)
    bytes += more
    outs[i] = 'key' in work ? (held.get(work.key) as Held<Value>).value : undefined
  }
  const error = await committed()
  return error === undefined ? outs : refused(begun, error)

  async function committed(): Promise<Error | undefined> {
    try {
      if (steps.length > 0) await commit(steps)
      return undefined
    } catch (error) {
      return asError(error)
    }
  }

  function refused(from: number, error: Error): (Value | undefined | Error)[] {
    return batch.map((_, i) => (i < from || outs[i] instanceof Error ? outs[i] : error))
  }

  function makeSteps(work: Work<Value>): Step<Value>[] | Error {
    try {
      return 'puts' in work ? putSteps(work.puts) : updateSteps(work.key, work.change)
    } catch (error) {
      return asError(error)
    }
  }

  function updateSteps(key: string, change: (value: Value | undefined) => Value | undefined): Step<Value>[] {
    const { has, value, refusal } = known(key)
    if (refusal !== undefined) throw refusal
    const next = change(value)
    if (next === value) return []
    if (next === undefined) return [stepOf<Value>(key, undefined, emptyLine(key, 'deleted', columns))]
    return [valueStep({ key, value: next, fields: write(next) }, has)]
  }

  function putSteps(puts: readonly Put<Value>[]): Step<Value>[] {
    const seen = new Set<string>()
    return puts.map((put) => {
      const has = seen.has(put.key) || known(put.key).has
      seen.add(put.key)
      return valueStep(put, has)
    })
  }

  function known(key: string): Held<Value> {
    const found = held.get(key)!
    if (found instanceof Error) throw found
    return found
  }
}

/** Throws `bad_request` where the value cannot stand in a row. */
function valueStep<Value>({ key, value, fields }: Put<Value>, has: boolean): Step<Value> {
  let line: string
  try {
    line = mapLine(key, has ? 'set' : 'new', fields)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new StoreError('bad_request', 'a value with a line break or a NUL in a field cannot be kept', {
      cause: error,
    })
  }
  if (!line.isWellFormed()) throw new StoreError('bad_request', 'a value with half a character cannot be kept')
  const step = stepOf(key, value, line)
  if (step.bytes > batchBytesMax) throw new StoreError('bad_request', 'the value is too large to be kept')
  return step
}

const stepOf = <Value>(key: string, value: Value | undefined, line: string): Step<Value> => ({
  key,
  value,
  line,
  bytes: Buffer.byteLength(line),
})
