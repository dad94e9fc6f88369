/**
 * The real file system with faults at will, under any engine: it notes every call, holds calls until they are let go,
 * fails the n-th of a kind, and freezes. A frozen one never does nor answers anything again, as if its process had been
 * killed: what was written stays in the page cache, so a fresh file system over the same folder finds it.
 */
import { basename } from 'node:path'
import { type FileSystem, type OpenFile, realFileSystem } from '../file-system.ts'

export type Kind =
  | keyof FileSystem // 'open', 'rename', 'syncFolder' …
  | keyof OpenFile // 'write', 'sync' …

/** Which calls: of this kind, on files whose name holds `name`. A rename or link goes by the name it makes. */
export interface Which {
  kind: Kind
  name?: string
}

interface Fault extends Which {
  /** How many fitting calls still pass before it strikes. */
  spare: number
  /** How many it strikes then. */
  times: number
  code: string
  written: number
}

interface Hold extends Which {
  until: Promise<void>
  reached: () => void
}

const never = new Promise<never>(() => {})

export class FaultyFiles implements FileSystem {
  /** All calls so far, in their order. */
  readonly calls: { kind: Kind; name: string }[] = []
  /** How many bytes of each file, by name, would surely survive a power cut. */
  readonly synced = new Map<string, number>()
  /** Resolves when a call came that will never be answered. */
  readonly frozen: Promise<void>
  readonly #opened = new Set<OpenFile>()
  readonly #working = new Set<Promise<unknown>>()
  readonly #faults = new Set<Fault>()
  readonly #holds = new Set<Hold>()
  #callsMax = Number.POSITIVE_INFINITY
  #halfWrite = false
  #dead = false
  #sayFrozen: () => void

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.frozen = promise
    this.#sayFrozen = resolve
  }

  count(kind: Kind, name = ''): number {
    return this.calls.filter((call) => call.kind === kind && call.name.includes(name)).length
  }

  /** From the n-th such call on (1: the next), `times` of them reject; a write first does the share `written` of its bytes. */
  fail(which: Which, { nth = 1, times = 1, code = 'EIO', written = 0 } = {}): void {
    this.#faults.add({ ...which, spare: nth - 1, times, code, written })
  }

  /** Calls of this kind wait, before they do anything, until `release` is called. `reached`: the first one waits. */
  hold(which: Which): { reached: Promise<void>; release: () => void } {
    const [until, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const hold = { ...which, until: until.promise, reached: reached.resolve }
    this.#holds.add(hold)
    return {
      reached: reached.promise,
      release: () => {
        this.#holds.delete(hold)
        until.resolve()
      },
    }
  }

  /** After so many more calls it is frozen; with `halfWrite`, a write that is the first frozen call gets half done. */
  freeze({ after = 0, halfWrite = false } = {}): void {
    this.#callsMax = this.calls.length + after
    this.#halfWrite = halfWrite
    this.#dead = after === 0
  }

  /** Closes what a frozen or failed engine left open. */
  async release(): Promise<void> {
    this.freeze()
    await Promise.allSettled(this.#working)
    for (const file of this.#opened) await file.close().catch(() => {}) // it may be on its way already
  }

  async #pass<Result>(kind: Kind, path: string, work: () => Promise<Result>, partly?: Partly): Promise<Result> {
    const name = basename(path)
    this.calls.push({ kind, name })
    const fits = (which: Which) => which.kind === kind && name.includes(which.name ?? '')
    if (this.calls.length > this.#callsMax) {
      this.#dead = true
      if (this.#halfWrite && this.calls.length === this.#callsMax + 1) await partly?.(0.5)
      return this.#freezing()
    }
    for (const hold of this.#holds) {
      if (!fits(hold)) continue
      hold.reached()
      await hold.until
      if (this.#dead) return this.#freezing()
    }
    const fault = [...this.#faults].filter(fits).find((each) => each.spare-- <= 0)
    if (fault !== undefined) {
      if (--fault.times === 0) this.#faults.delete(fault)
      await partly?.(fault.written)
      throw Object.assign(new Error(`${fault.code}: made up, ${kind} ${name}`), { code: fault.code })
    }
    const working = work()
    this.#working.add(working)
    try {
      const result = await working
      return this.#dead ? this.#freezing() : result
    } finally {
      this.#working.delete(working)
    }
  }

  #freezing(): Promise<never> {
    this.#sayFrozen()
    return never
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile> {
    const file = await this.#pass('open', path, async () => {
      const opened = await realFileSystem.open(path, mode)
      this.#opened.add(opened)
      return opened
    })
    const pass = <Result>(kind: Kind, work: () => Promise<Result>, partly?: Partly) =>
      this.#pass(kind, path, work, partly)
    return {
      size: () => pass('size', () => file.size()),
      read: (buffer, position) => pass('read', () => file.read(buffer, position)),
      write: (bytes, position) =>
        pass(
          'write',
          () => file.write(bytes, position),
          (share) => file.write(bytes.subarray(0, Math.ceil(bytes.length * share)), position),
        ),
      truncate: (length) => pass('truncate', () => file.truncate(length)),
      sync: () =>
        pass('sync', async () => {
          const size = await file.size()
          await file.sync()
          this.synced.set(basename(path), size)
        }),
      close: () =>
        pass('close', () => {
          this.#opened.delete(file)
          return file.close()
        }),
    }
  }

  readFile = (path: string) => this.#pass('readFile', path, () => realFileSystem.readFile(path))
  list = (folder: string) => this.#pass('list', folder, () => realFileSystem.list(folder))
  makeFolder = (folder: string) => this.#pass('makeFolder', folder, () => realFileSystem.makeFolder(folder))
  rename = (from: string, to: string) =>
    this.#pass('rename', to, async () => {
      await realFileSystem.rename(from, to)
      this.synced.set(basename(to), this.synced.get(basename(from)) ?? 0)
    })
  link = (from: string, to: string) => this.#pass('link', to, () => realFileSystem.link(from, to))
  remove = (path: string) => this.#pass('remove', path, () => realFileSystem.remove(path))
  syncFolder = (folder: string) => this.#pass('syncFolder', folder, () => realFileSystem.syncFolder(folder))
  stat = (path: string) => this.#pass('stat', path, () => realFileSystem.stat(path))
}

/** What is done of a call that fails: this share of its bytes is written. */
type Partly = (share: number) => Promise<void>
