/**
 * A machine: a disk, and the one process that runs on it. A process is dead from one moment to the next; then nothing that it
 * still does reaches anyone. The syncs of the journal and of the log are held until they are let go on.
 */
import type { FileSystem, OpenFile } from '../../storage/file-system.ts'
import { HandClock } from '../../storage/test/hand-clock.ts'
import type { Fault, FaultKind, MemoryDisk, Mount } from '../../storage/test/memory-disk.ts'
import { randomFrom } from '../../storage/test/random.ts'

/** `whole-write`: everything is written, and yet the call fails. */
export type FailedWrite = 'EIO' | 'half-write' | 'whole-write'

interface Held {
  path: string
  go: (failure?: FaultKind) => void
}

const ends = /\/(?:journal-\d+|orders)\.csv$/
const incarnation = /\/incarnation\.csv\.tmp$/

/** One process from its start to its death. */
export class Life {
  readonly number: number
  readonly clock = new HandClock()
  readonly mount: Mount
  readonly held: Held[] = []
  readonly files: FileSystem
  /** From then on syncs are held. */
  running = false
  /** Why it will end, once it has answered whom it can answer. */
  ending: Error | undefined
  /** The next write to a held file fails so. */
  nextWrite: FailedWrite | undefined
  /** Syncs that were let go on. */
  syncs = 0
  /** A fault of the disk was meant for it: its start may fail. */
  troubled = false
  readonly #fault: Fault = { at: Number.POSITIVE_INFINITY, kind: 'kill' }

  constructor(number: number, disk: MemoryDisk, { holdsIncarnation = false }) {
    this.number = number
    this.mount = disk.mount(this.#fault)
    this.files = this.#filesOver(this.mount, holdsIncarnation)
  }

  get dead(): boolean {
    return this.mount.dead
  }

  /** What the service does when a file is given up. */
  readonly end = (error: Error, { silent }: { silent: boolean }): void => {
    if (silent) this.mount.kill()
    else this.ending ??= error
  }

  /** Something happens at the n-th call to the disk from now. */
  strike(kind: FaultKind, calls: number): void {
    this.troubled = true
    Object.assign(this.#fault, { at: this.mount.calls.length + calls, kind })
  }

  /** Nothing that was to befall it befalls it any more. */
  heal(): void {
    this.#fault.at = Number.POSITIVE_INFINITY
    this.nextWrite = undefined
  }

  /** Lets the oldest held sync go on, or fail. */
  sync(failure?: FaultKind): void {
    this.syncs += 1
    this.held.shift()!.go(failure)
  }

  #filesOver(mount: Mount, holdsIncarnation: boolean): FileSystem {
    const { readFile, list, makeFolder, rename, link, remove, syncFolder, stat } = mount
    const open: FileSystem['open'] = async (path, mode) => {
      const file = await mount.open(path, mode)
      const isHeld = (): boolean => (this.running && ends.test(path)) || (holdsIncarnation && incarnation.test(path))
      return ends.test(path) || incarnation.test(path) ? this.#held(file, path, isHeld) : file
    }
    return { open, readFile, list, makeFolder, rename, link, remove, syncFolder, stat }
  }

  #held(file: OpenFile, path: string, isHeld: () => boolean): OpenFile {
    return {
      ...file,
      write: async (bytes, position) => {
        const failure = isHeld() ? this.nextWrite : undefined
        if (failure === undefined) return file.write(bytes, position)
        this.nextWrite = undefined
        if (failure !== 'whole-write') this.strike(failure, 1)
        await file.write(bytes, position)
        if (failure === 'whole-write') throw Object.assign(new Error('EIO: write'), { code: 'EIO' })
      },
      sync: async () => {
        if (isHeld()) {
          const failure = await new Promise<FaultKind | undefined>((go) => this.held.push({ path, go }))
          if (failure !== undefined) this.strike(failure, 1)
        }
        return file.sync()
      },
    }
  }
}

export class Machine {
  readonly disk: MemoryDisk
  readonly #options: { holdsIncarnation?: boolean }
  #lives = 0
  #life: Life | undefined

  constructor(disk: MemoryDisk, options: { holdsIncarnation?: boolean } = {}) {
    this.disk = disk
    this.#options = options
  }

  /** The process that runs, if one does. */
  get life(): Life | undefined {
    return this.#life?.dead === true ? undefined : this.#life
  }

  /** A fault of the disk was meant for its last process: that may have failed to start. */
  get troubled(): boolean {
    return this.#life?.troubled === true
  }

  begin(): Life {
    this.#lives += 1
    this.#life = new Life(this.#lives, this.disk, this.#options)
    return this.#life
  }

  kill(): void {
    this.#life?.mount.kill()
  }

  /** `kind` 0: no byte survives that is not synced; any other: some of them, and some names do not. */
  cutPower(kind: number): void {
    this.kill()
    this.disk.cutPower(kind === 0 ? noUnsyncedBytes : randomFrom(kind))
  }

  /** What would be left of a file if nothing survived that is not synced. */
  synced(path: string): Buffer | undefined {
    const copy = this.disk.clone()
    copy.cutPower(noUnsyncedBytes)
    return copy.read(path)
  }

  /** The disk as text, for a fingerprint; without the times, by which nothing is decided. */
  contents(): string {
    return this.disk
      .paths()
      .toSorted()
      .map((path) => `${path} ${this.disk.read(path)!.toString('latin1').replaceAll(times, '')}`)
      .join('\n')
  }
}

const times = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

/** No page and no length arrives; names do. */
const noUnsyncedBytes = (): number => 0
