/** The stage of an engine that lives in files: a disk in memory, a clock that stands still, and processes that can be ended. */

import type { FileSystem } from '../../file-system.ts'
import { HandClock } from '../hand-clock.ts'
import { type Fault as DiskFault, type FaultKind, fits, MemoryDisk, type Mount } from '../memory-disk.ts'
import { randomFrom } from '../random.ts'
import type { Crash, Engine, Process, Stage } from './engine.ts'

export const folder = '/data/store'

/** What an engine is opened with, and what it calls when it can only be started again. */
export interface Surroundings {
  files: FileSystem
  clock: HandClock
  giveUp: (error: Error, options: { silent: boolean }) => void
}

/** A flipped bit is left out: it is damage, and an engine may only tell of it. */
export const diskFaults: readonly FaultKind[] = [
  'EIO',
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'half-write',
  'short',
  'sync-lost-later',
  'sync-lost',
  'kill',
  'kill-after',
]

/** An engine over a disk whose pages have so many bytes. */
export const overMemory = <Store>(
  name: string,
  pageBytes: number,
  open: (surroundings: Surroundings) => Promise<Store>,
): Engine<Store> => ({
  name: `${name}-${pageBytes}`,
  crashes: ['kill', 'power cut'],
  faults: diskFaults,
  patienceMs: 2000,
  async stage(): Promise<Stage<Store>> {
    const disk = new MemoryDisk({ pageBytes })
    const clock = new HandClock()
    return {
      start: (fault) => new MemoryProcess(disk, clock, fault as DiskFault | undefined, open),
      pass: (ms) => clock.pass(ms),
      now: () => clock.now(),
      end: async () => {},
    }
  },
})

class MemoryProcess<Store> implements Process<Store> {
  readonly opened: Promise<Store>
  readonly #disk: MemoryDisk
  readonly #mount: Mount
  readonly #fault: DiskFault | undefined
  givenUp = false

  constructor(
    disk: MemoryDisk,
    clock: HandClock,
    fault: DiskFault | undefined,
    open: (surroundings: Surroundings) => Promise<Store>,
  ) {
    this.#disk = disk
    this.#fault = fault
    this.#mount = disk.mount(fault)
    const giveUp: Surroundings['giveUp'] = (_error, { silent }) => {
      this.givenUp = true
      if (silent) this.#mount.kill()
    }
    this.opened = open({ files: unhurried(this.#mount), clock, giveUp })
  }

  get ended(): boolean {
    return this.#mount.dead
  }

  get struck(): boolean {
    const { calls, struck } = this.#mount
    if (this.#fault === undefined || !struck || this.#fault.kind === 'short') return false
    return this.#fault.lasting === true || fits(this.#fault.kind, calls[this.#fault.at - 1]!.kind)
  }

  get refusing(): boolean {
    return this.givenUp || this.#fault?.lasting === true
  }

  async crash({ kind, seed }: Crash): Promise<void> {
    this.#mount.kill()
    if (kind === 'power cut') this.#disk.cutPower(randomFrom(seed))
  }
}

/** Syncs and reads that take their time, now more and now less, as real ones do, so that others come in between. */
function unhurried(mount: Mount): FileSystem {
  const { readFile, list, makeFolder, rename, link, remove, syncFolder, stat } = mount
  const wait = async () => {
    for (let turns = (mount.calls.length % 4) * 10; turns > 0; turns--) await undefined
  }
  const open: FileSystem['open'] = async (path, mode) => {
    const file = await mount.open(path, mode)
    return {
      ...file,
      async read(buffer, position) {
        await wait()
        return file.read(buffer, position)
      },
      async sync() {
        await wait()
        await file.sync()
      },
    }
  }
  return { open, readFile, list, makeFolder, rename, link, remove, syncFolder, stat }
}
