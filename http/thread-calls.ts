/**
 * Calls between two threads over a message port, either way, as JSON: a structured clone of many small objects takes longer.
 * Always true: what is submitted in one turn goes as one message, answers too, in the order of the calls; an error arrives as
 * what it was (a StoreError with code, message and details); what waits for an answer is bounded; and when the other side has
 * gone, everything that waits for it fails.
 */
import type { Clock } from '../clock.ts'
import { type Code, type Detail, StartError, StoreError } from '../errors.ts'

/** What both a worker and its side of the port are. */
export interface Port {
  postMessage(text: string): void
  on(event: 'message', hear: (text: string) => void): unknown
}

/** What one side does for the other, by name. Arguments and results are what JSON can carry; a result may be undefined. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments are checked where a call is written, by `Given`
export type Work = { readonly [name: string]: (...given: any[]) => unknown }
type Given<Theirs, Name extends keyof Theirs> = Theirs[Name] extends (...given: infer All) => unknown ? All : never
type Gives<Theirs, Name extends keyof Theirs> = Theirs[Name] extends (...given: never[]) => infer Value
  ? Awaited<Value>
  : never

export interface Peer<Theirs> {
  /** Throws what the work throws there; `unavailable` where too much waits already; and what `end` was given. */
  call<Name extends keyof Theirs & string>(name: Name, ...given: Given<Theirs, Name>): Promise<Gives<Theirs, Name>>
  /** The same for a question that is answered under any load. */
  ask<Name extends keyof Theirs & string>(name: Name, ...given: Given<Theirs, Name>): Promise<Gives<Theirs, Name>>
  /** Calls, and wants no answer. */
  tell<Name extends keyof Theirs & string>(name: Name, ...given: Given<Theirs, Name>): void
  /** From now on this is done for the other side too. */
  serve(work: Work): void
  /** To be called when the other side is no more: all that waits fails with this, and whatever is called later. */
  end(why: Error): void
  readonly ended: Promise<void>
  /** Calls without an answer. */
  readonly waiting: number
}

/** `id` 0 wants no answer. */
type Call = readonly [id: number, name: string, given: readonly unknown[]]
type Answer = readonly [id: number, value?: unknown, fault?: Fault]
interface Message {
  calls: readonly Call[]
  answers: readonly Answer[]
}

interface Waiting {
  resolve(value: never): void
  reject(error: unknown): void
}

/** Speaks over `port`, which nobody else may use. `waitingMax`: so many calls may wait for their answers. */
export function createPeer<Theirs>(port: Port, { waitingMax = 10_000 }: { waitingMax?: number } = {}): Peer<Theirs> {
  const work = new Map<string, Work[string]>()
  const waiting = new Map<number, Waiting>()
  let calls: Call[] = []
  let answers: Answer[] = []
  let last = 0
  let flushing = false
  const ended = Promise.withResolvers<void>()
  let endedWhy: Error | undefined

  const flush = (): void => {
    flushing = false
    if (endedWhy !== undefined) return
    const message: Message = { calls, answers }
    calls = []
    answers = []
    port.postMessage(JSON.stringify(message))
  }
  /** When all sockets that had something to read have been read: sent sooner, batches fall apart (purchases: 0.5 instead of 0.8). */
  const flushSoon = (): void => {
    if (flushing) return
    flushing = true
    setImmediate(flush)
  }

  const submit = (name: string, given: readonly unknown[]): Promise<never> => {
    if (endedWhy !== undefined) return Promise.reject(endedWhy)
    const id = ++last
    calls.push([id, name, given])
    flushSoon()
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
  }

  const answer = async ([id, name, given]: Call): Promise<void> => {
    let value: unknown
    let fault: Fault | undefined
    try {
      const known = work.get(name)
      if (known === undefined) throw new TypeError(`nothing here is called ${name}`)
      value = await known(...given)
    } catch (error) {
      if (id === 0) throw error // nobody else would hear of it
      fault = faultOf(error)
    }
    if (id === 0 || endedWhy !== undefined) return
    if (fault !== undefined) answers.push([id, null, fault])
    else answers.push(value === undefined ? [id] : [id, value])
    flushSoon()
  }

  port.on('message', (text) => {
    const { calls: asked, answers: heard } = JSON.parse(text) as Message
    for (const [id, value, fault] of heard) {
      const one = waiting.get(id)
      waiting.delete(id)
      if (fault === undefined) one?.resolve(value as never)
      else one?.reject(errorOf(fault))
    }
    for (const call of asked) void answer(call)
  })

  return {
    call(name, ...given) {
      if (waiting.size >= waitingMax)
        return Promise.reject(new StoreError('unavailable', 'too much is waiting; try again in a moment'))
      return submit(name, given)
    },
    ask: (name, ...given) => submit(name, given),
    tell(name, ...given) {
      if (endedWhy !== undefined) return
      calls.push([0, name, given])
      flushSoon()
    },
    serve(more) {
      for (const name in more) work.set(name, more[name]!)
    },
    ended: ended.promise,
    end(why) {
      endedWhy ??= why
      ended.resolve()
      for (const { reject } of waiting.values()) reject(why)
      waiting.clear()
    },
    get waiting() {
      return waiting.size
    },
  }
}

/** An error as text: whatever else one carries may be nothing that JSON can carry. */
export interface Fault {
  kind: 'store' | 'start' | 'other'
  message: string
  stack: string | undefined
  code?: Code
  details?: Readonly<Record<string, Detail>>
  cause?: Fault
}

export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { kind: 'other', message: String(error), stack: undefined }
  const { message, stack, cause } = error
  const told = { message, stack, ...(cause instanceof Error && { cause: faultOf(cause) }) }
  if (error instanceof StoreError) return { kind: 'store', ...told, code: error.code, details: error.details }
  return { kind: error instanceof StartError ? 'start' : 'other', ...told }
}

export function errorOf({ kind, message, stack, code = 'internal', details = {}, cause }: Fault): Error {
  const options = cause === undefined ? {} : { cause: errorOf(cause) }
  const error =
    kind === 'store'
      ? new StoreError(code, message, { ...options, details: { ...details } })
      : new (kind === 'start' ? StartError : Error)(message, options)
  if (stack !== undefined) error.stack = stack
  return error
}

/** What a thread is told of one of several: an answer's own fields may be any. */
export type Told<Answer> = { answer: Answer } | { fault: Fault }

/** Of each its answer, or its own error; and back, on the other side. */
export const toldOf = <Answer>(all: readonly (Answer | Error)[]): Told<Answer>[] =>
  all.map((one) => (one instanceof Error ? { fault: faultOf(one) } : { answer: one }))
export const answersOf = <Answer>(all: readonly Told<Answer>[]): (Answer | Error)[] =>
  all.map((one) => ('fault' in one ? errorOf(one.fault) : one.answer))

/**
 * Deadlines across threads: `clock.elapsed()` counts from each thread's own beginning, so that a deadline travels as a time
 * of the system's monotonic clock, which all threads share.
 */
export const toShared = (deadline: number, clock: Clock): number => monotonicMs() + (deadline - clock.elapsed())
export const fromShared = (time: number, clock: Clock): number => clock.elapsed() + (time - monotonicMs())
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6
