/**
 * Changes of one key that go together: decided one after the other over what was read, and one write for all. Always: a change
 * whose caller was told that nothing happened is in no write that is sent after that.
 */
import type { Clock } from '../../clock.ts'
import { asError, StoreError } from '../../errors.ts'
import type { Limit } from './limit.ts'
import type { Writer } from './requests.ts'

export type Change<Value> = (value: Value | undefined) => Value | undefined

/** One change that somebody waits for, at most so many milliseconds. */
export class Waiting<Value> {
  readonly change: Change<Value>
  readonly deadline: number
  /** A write that holds it was sent, and is not known to have failed. */
  sent = false
  /** It is answered. */
  over = false
  /** Called when it is answered before its turn is over. */
  gone: () => void = () => {}
  readonly #answer: PromiseWithResolvers<Value | undefined> = Promise.withResolvers()
  readonly #callOff: () => void

  constructor(change: Change<Value>, clock: Clock, ms: number) {
    this.change = change
    this.deadline = clock.elapsed() + ms
    this.#callOff = clock.after(ms, () => this.#late())
  }

  get answer(): Promise<Value | undefined> {
    return this.#answer.promise
  }

  settle(answer: Value | undefined | Error): void {
    if (this.over) return
    this.over = true
    this.#callOff()
    if (answer instanceof Error) this.#answer.reject(answer)
    else this.#answer.resolve(answer)
    this.gone()
  }

  #late(): void {
    this.settle(
      this.sent
        ? new StoreError('outcome_unknown', 'the table gave no answer to a change in time')
        : new StoreError('unavailable', 'the table did not answer in time; nothing was changed'),
    )
  }
}

/** What a value becomes, and what each change is answered then. */
export interface Decided<Value> {
  /** Undefined where nothing is to be written. */
  write: { value: Value | undefined; fields: readonly string[] } | undefined
  answers: ReadonlyMap<Waiting<Value>, Value | undefined | Error>
}

export class Turn<Value> implements Writer {
  readonly #clock: Clock
  readonly #stop = new AbortController()
  #left: readonly Waiting<Value>[]
  /** Who is in the decided write. */
  #decided: readonly Waiting<Value>[] = []

  constructor(calls: readonly Waiting<Value>[], clock: Clock) {
    this.#clock = clock
    this.#left = calls
    for (const call of calls)
      call.gone = () => {
        if (this.isOver) this.#stop.abort()
      }
  }

  /** Nobody waits any more. */
  get isOver(): boolean {
    return this.#left.every(({ over }) => over)
  }

  get limit(): Limit {
    const last = Math.max(...this.#left.map(({ deadline }) => deadline))
    return { signal: this.#stop.signal, leftMs: () => last - this.#clock.elapsed() }
  }

  /** Decides those that still wait. `fieldsOf` throws what is the matter with a value that cannot be kept. */
  decide(before: Value | undefined, fieldsOf: (value: Value) => string[]): Decided<Value> {
    this.#left = this.#decided = this.#left.filter(({ over }) => !over)
    const answers = new Map<Waiting<Value>, Value | undefined | Error>()
    let [value, fields, isChanged] = [before, [] as string[], false]
    for (const call of this.#decided) {
      try {
        const next = call.change(value)
        if (next !== value) {
          fields = next === undefined ? [] : fieldsOf(next)
          value = next
          isChanged = true
        }
        answers.set(call, value)
      } catch (error) {
        answers.set(call, asError(error))
      }
    }
    const isNeeded = isChanged && (value !== undefined || before !== undefined)
    return { write: isNeeded ? { value, fields } : undefined, answers }
  }

  sends(): boolean {
    if (this.#decided.some(({ over }) => over)) return false
    for (const call of this.#decided) call.sent = true
    return true
  }

  refused(): void {
    for (const call of this.#decided) call.sent = false
  }

  settle(answers: Decided<Value>['answers']): void {
    for (const [call, answer] of answers) call.settle(answer)
  }

  /** All that still wait. */
  fail(error: Error): void {
    for (const call of this.#left) call.settle(error)
  }
}
