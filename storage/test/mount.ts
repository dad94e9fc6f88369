/**
 * A disk in memory as one process sees it: every call is counted, and one of them can be struck by a fault. A dead mount
 * never does nor answers anything again. Several mounts can share one count, so that "the n-th call" is one of the store's.
 */
import { type FileSystem, fileOver, type OpenFile, type RawFile } from '../file-system.ts'
import type { MemoryDisk } from './memory-disk.ts'

/** What happens to the n-th call; `fits` says to which. */
export type FaultKind =
  | 'EIO'
  | 'ENOSPC'
  | 'EDQUOT'
  | 'EMFILE'
  /** The call is done, and yet answered with EIO. */
  | 'late-EIO'
  /** Half the bytes are written, then no more room: ENOSPC. */
  | 'half-write'
  /** The system writes or reads fewer bytes than asked and says so: the next call goes on from there. */
  | 'short'
  /** A failed sync whose pages stay readable but will never be written, as Linux does. */
  | 'sync-lost-later'
  /** A failed sync whose pages are gone from the cache too. */
  | 'sync-lost'
  /** What is read has one bit flipped in its middle. */
  | 'bit-flip'
  /** The call is not done and never answered: the process ends here. */
  | 'kill'
  /** A write is half done, anything else is done, but never answered. */
  | 'kill-after'

export interface Fault {
  /** The call that it strikes, from 1. */
  at: number
  kind: FaultKind
  /** From then on every call that needs room fails so, until `heal`. */
  lasting?: boolean
  /** It waits for such a call, from the n-th on, and strikes the first one. */
  on?: Call
  /** Where a bit flips, as a share of what is read: 0 ≤ … < 1; the middle without it. */
  where?: number
}

export interface Call {
  kind: keyof FileSystem | keyof RawFile
  path: string
}

type CallKind = Call['kind']

const writes = new Set<CallKind>(['write'])
const reads = new Set<CallKind>(['read', 'readFile'])
const syncs = new Set<CallKind>(['datasync'])
const needsRoom = new Set<CallKind>(['write', 'open', 'makeFolder', 'link', 'rename'])
const needsRoomOnce = new Set<CallKind>([...needsRoom, 'datasync', 'syncFolder', 'truncate', 'close', 'remove'])
const needsHandle = new Set<CallKind>(['open', 'readFile', 'list', 'syncFolder'])
/** The calls that a kind of fault can befall; any where none are named. */
const befalls: Partial<Record<FaultKind, ReadonlySet<CallKind>>> = {
  ENOSPC: needsRoomOnce,
  EDQUOT: needsRoomOnce,
  EMFILE: needsHandle,
  'half-write': writes,
  short: new Set<CallKind>(['write', 'read']),
  'sync-lost': syncs,
  'sync-lost-later': syncs,
  'bit-flip': reads,
}
/** Those whose work the call itself does, in its own way. */
const within = new Set<FaultKind>(['half-write', 'short', 'sync-lost', 'sync-lost-later', 'bit-flip'])

/** Whether such a fault can befall such a call. */
export const fits = (fault: FaultKind, call: CallKind): boolean => befalls[fault]?.has(call) ?? true

const never = new Promise<never>(() => {})

/** As the system says it. */
export const failure = (code: string, call: Call): Error =>
  Object.assign(new Error(`${code}: ${call.kind} '${call.path}'`), { code })

export interface CallsOptions {
  faults?: readonly Fault[]
  /** Called before each call does anything, with its number. */
  before?: (call: Call, number: number) => void
  /** How long a call takes. A sync takes effect at its end, anything else at its beginning. Without it: no time. */
  turn?: () => Promise<void>
}

/** The calls of one run, counted over all its mounts, and the faults that strike some of them. */
export class Calls {
  readonly all: Call[] = []
  /** The numbers of those whose process was gone before their answer came. */
  readonly unheard = new Set<number>()
  readonly turn: (() => Promise<void>) | undefined
  readonly #before: ((call: Call, number: number) => void) | undefined
  #faults: Fault[]

  constructor({ faults = [], before, turn }: CallsOptions = {}) {
    this.#faults = [...faults]
    this.#before = before
    this.turn = turn
  }

  /** Whether a fault has struck. */
  get struck(): boolean {
    return this.#faults.some(({ at }) => this.all.length >= at)
  }

  heal(): void {
    this.#faults = []
  }

  /** Counts the call; returns what befalls it. */
  take(call: Call): Fault | undefined {
    const now = this.all.push(call)
    this.#before?.(call, now)
    const fault = this.#faults.find((each) => strikes(each, call, now))
    if (fault?.on !== undefined) this.#faults = this.#faults.filter((each) => each !== fault)
    return fault
  }
}

function strikes({ at, kind, lasting, on }: Fault, call: Call, now: number): boolean {
  if (on !== undefined) return now >= at && on.kind === call.kind && on.path === call.path
  return (now === at && fits(kind, call.kind)) || (lasting === true && now >= at && needsRoom.has(call.kind))
}

export class Mount implements FileSystem {
  /** Resolves when a call came that will never be answered. */
  readonly ended: Promise<void>
  readonly #disk: MemoryDisk
  readonly #calls: Calls
  #dead = false
  #sayEnded: () => void

  constructor(disk: MemoryDisk, faultOrCalls?: Fault | Calls) {
    this.#disk = disk
    this.#calls =
      faultOrCalls instanceof Calls
        ? faultOrCalls
        : new Calls({ faults: faultOrCalls === undefined ? [] : [faultOrCalls] })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#sayEnded = resolve
  }

  get calls(): readonly Call[] {
    return this.#calls.all
  }

  /** Whether the fault has struck. */
  get struck(): boolean {
    return this.#calls.struck
  }

  get dead(): boolean {
    return this.#dead
  }

  /** A lasting fault ends. */
  heal(): void {
    this.#calls.heal()
  }

  /** The process is gone; what it wrote is in the cache. */
  kill(): void {
    this.#dead = true
    this.#sayEnded()
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile> {
    const disk = this.#disk
    const node = await this.#call('open', path, (call) => disk.open(call, mode))
    return fileOver({
      stat: () => this.#call('stat', path, () => ({ size: node.cache.length })),
      read: (buffer, offset, length, position) =>
        this.#call('read', path, (_call, fault) => {
          const wanted = fault?.kind === 'short' ? Math.ceil(length / 2) : length
          const bytes = flipped(node.cache.subarray(position, position + wanted), fault)
          buffer.set(bytes, offset)
          return { bytesRead: bytes.length }
        }),
      write: (bytes, offset, length, position) =>
        this.#call('write', path, (call, fault) => {
          const half = fault !== undefined && ['short', 'half-write', 'kill-after'].includes(fault.kind)
          const written = half ? Math.ceil(length / 2) : length
          disk.write(node, bytes.subarray(offset, offset + written), position)
          if (fault?.kind === 'half-write') throw failure('ENOSPC', call)
          return { bytesWritten: written }
        }),
      truncate: (length) => this.#call('truncate', path, () => disk.truncate(node, length)),
      datasync: () =>
        this.#call('datasync', path, (call, fault) => {
          if (fault?.kind === 'sync-lost' || fault?.kind === 'sync-lost-later') {
            disk.loseUnsynced(node, { cached: fault.kind === 'sync-lost-later' })
            throw failure('EIO', call)
          }
          disk.sync(node)
        }),
      close: () => this.#call('close', path, () => {}),
    })
  }

  readFile = (path: string): Promise<Buffer> =>
    this.#call('readFile', path, (call, fault) => Buffer.from(flipped(this.#disk.open(call, 'read').cache, fault)))
  list = (folder: string): Promise<string[]> => this.#call('list', folder, (call) => this.#disk.list(call))
  makeFolder = (folder: string): Promise<string | undefined> =>
    this.#call('makeFolder', folder, () => this.#disk.makeFolder(folder))
  rename = (from: string, to: string): Promise<void> =>
    this.#call('rename', to, (call) => this.#disk.rename(call, from))
  link = (from: string, to: string): Promise<void> => this.#call('link', to, (call) => this.#disk.link(call, from))
  remove = (path: string): Promise<void> => this.#call('remove', path, (call) => this.#disk.remove(call))
  syncFolder = (folder: string): Promise<void> => this.#call('syncFolder', folder, () => this.#disk.syncFolder(folder))
  stat = (path: string): Promise<{ size: number; mark: string } | undefined> =>
    this.#call('stat', path, () => this.#disk.stat(path))

  async #call<Result>(kind: CallKind, path: string, work: (call: Call, fault?: Fault) => Result): Promise<Result> {
    if (this.#dead) return never
    const call = { kind, path }
    const fault = this.#calls.take(call)
    const number = this.#calls.all.length
    if (this.#dead) return never // whoever was told of the call may have killed us
    const { turn } = this.#calls
    const atItsEnd = kind === 'datasync' || kind === 'syncFolder'
    if (fault?.kind === 'kill' || fault?.kind === 'kill-after') {
      if (fault.kind === 'kill-after') work(call, fault)
      this.kill()
      return never
    }
    if (turn === undefined) return this.#do(call, fault, work)
    if (atItsEnd) {
      await turn()
      if (this.#dead) this.#calls.unheard.add(number)
      return this.#dead ? never : this.#do(call, fault, work)
    }
    let done: Result | undefined
    let failed: unknown
    let threw = false
    try {
      done = this.#do(call, fault, work)
    } catch (error) {
      threw = true
      failed = error
    }
    await turn()
    if (this.#dead) this.#calls.unheard.add(number)
    if (this.#dead) return never
    if (threw) throw failed
    return done as Result
  }

  #do<Result>(call: Call, fault: Fault | undefined, work: (call: Call, fault?: Fault) => Result): Result {
    if (fault === undefined || within.has(fault.kind)) return work(call, fault)
    if (fault.kind !== 'late-EIO') throw failure(fault.kind, call)
    work(call)
    throw failure('EIO', call)
  }
}

function flipped(bytes: Buffer, fault: Fault | undefined): Buffer {
  if (fault?.kind !== 'bit-flip' || bytes.length === 0) return bytes
  const copy = Buffer.from(bytes)
  const at = Math.floor(copy.length * (fault.where ?? 0.5))
  copy[at] = copy[at]! ^ 1
  return copy
}
