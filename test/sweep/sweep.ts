/**
 * The sweep: the day of workload.ts once without a fault, then once for each of its calls and each fault that can befall
 * it, and from each of its calls on with the power cut, and with that recovery cut again at each of its own calls. Every
 * trial has a name that replays it alone:
 *
 *   EIO:57          call 57 fails            EIO:57+4        … and the power is cut 4 calls later
 *   bit-flip:57@0.3 what call 57 reads is wrong in one bit, so far into it
 *   kill-all:57     all is killed before call 57
 *   cut:57:512:3    the power is cut there, pages of 512 bytes, the third roll of the dice
 *   twice:57:31:cut:512   … and cut (or killed) again before call 31 of the recovery
 *   again:57:31:EIO       killed at call 57, and call 31 of the recovery fails
 */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { verifyFiles } from '../../client/verify/files.ts'
import { type Call, Calls, type Fault, type FaultKind, fits, MemoryDisk } from '../../storage/test/memory-disk.ts'
import { randomFrom } from '../../storage/test/random.ts'
import { endWrong } from './expected.ts'
import { judge } from './judge.ts'
import { Record } from './record.ts'
import { RunningStore } from './running-store.ts'
import { up, workload } from './workload.ts'

/** The disk before a call, and what was known then. */
interface Moment {
  disk: MemoryDisk
  record: Record
}

/** Faults of one call; the last three go on: no room any more, and a failed write that cannot be cut back. */
export const faultKinds = [
  'EIO',
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'late-EIO',
  'half-write',
  'short',
  'sync-lost',
  'sync-lost-later',
  'kill',
  'kill-after',
  'full',
  'no-cut',
  'no-cut-sync',
] as const
export type SweptKind = (typeof faultKinds)[number]

/** Where in what is read a bit flips. */
export const flips = [0.05, 0.35, 0.5, 0.65, 0.95]
/** So many calls after a fault the power is cut. */
export const laterCuts = [1, 2, 3, 4, 6, 9, 14, 22]

export interface Trial {
  name: string
  wrong: string[]
  powerCuts: number
  doubles: number
  /** Of a flipped bit: what came of it. */
  flip?: 'refused' | 'right' | 'found by verify' | `not found: ${string}`
}

export class Sweep {
  readonly seed: number
  readonly #moments = new Map<number, Moment[]>()
  #calls: readonly Call[] = []

  constructor(seed: number) {
    this.seed = seed
  }

  /** The calls of the day without a fault. */
  get calls(): readonly Call[] {
    return this.#calls
  }

  /** The same for the same seed. */
  get fingerprint(): string {
    const list = this.#calls.map(({ kind, path }) => `${kind} ${path}`).join('\n')
    return createHash('sha256').update(list).digest('hex').slice(0, 16)
  }

  /** The day without a fault, for these pages. Throws where it is wrong. */
  async prepare(pageBytes: number): Promise<readonly Moment[]> {
    const known = this.#moments.get(pageBytes)
    if (known !== undefined) return known
    const disks: MemoryDisk[] = []
    const { calls, record, disk } = await this.#day(pageBytes, [], (now, number) => {
      disks[number] = now.clone()
    })
    const wrong = await judge(disk, record)
    if (!disk.paths().some((path) => /\/toys_db\.edited-\w+\.csv$/.test(path)))
      wrong.push('the edit of the running store is not kept aside')
    if (wrong.length > 0) throw new Error(`without a fault: ${wrong.join('; ')}`)
    this.#calls = calls.all
    const moments = disks.map((then, number) => ({ disk: then, record: record.before(number) }))
    this.#moments.set(pageBytes, moments)
    return moments
  }

  fits(kind: SweptKind | 'bit-flip', call: Call): boolean {
    if (kind === 'full') return fits('ENOSPC', call.kind)
    if (kind === 'no-cut' || kind === 'no-cut-sync')
      return call.kind === 'write' && /\/(orders|journal-\d+|carts-\d+)\.csv$/.test(call.path)
    return fits(kind, call.kind)
  }

  /** One call fails; then, for each of the later cuts, the power fails too. */
  async fault(kind: SweptKind, number: number, cutsLater: readonly number[] = laterCuts): Promise<Trial[]> {
    const faults = faultsOf(kind, number, this.#calls[number - 1]!)
    const wanted = new Set(cutsLater.map((later) => number + later))
    const later: { disk: MemoryDisk; number: number }[] = []
    const name = `${kind}:${number}`
    const day = await this.#day(512, faults, (disk, now) => {
      if (wanted.has(now)) later.push({ disk: disk.clone(), number: now })
    }).catch((error: Error) => error)
    if (day instanceof Error) return [{ name, wrong: [day.message], powerCuts: 0, doubles: 0 }]
    const { store, record, disk, calls } = day
    const wrong = [
      ...endWrong(kind, number, calls, store),
      ...store.touched.map((path) => `a start was refused and has changed ${path}`),
      ...(await judge(disk, record)),
    ]
    const trials: Trial[] = [{ name, wrong, powerCuts: 0, doubles: 0 }]
    for (const { disk, number: now } of later) {
      disk.cutPower(randomFrom(this.seed * 7919 + now * 31 + number))
      const wrong = await judge(disk, record.before(now))
      trials.push({ name: `${name}+${now - number}`, wrong, powerCuts: 1, doubles: 0 })
    }
    return trials
  }

  /** One bit of what a call reads is wrong: refused, right, or found by `verify`; the checksummed files admit nothing else. */
  async flip(number: number, where: number): Promise<Trial> {
    const name = `bit-flip:${number}@${where}`
    const { path } = this.#calls[number - 1]!
    const day = await this.#day(512, [{ at: number, kind: 'bit-flip', where }], () => {}).catch((error: Error) => error)
    if (day instanceof Error) return { name, wrong: [day.message], powerCuts: 0, doubles: 0 }
    const { store, record, disk } = day
    const touched = store.touched.map((one) => `a start was refused and has changed ${one}`)
    const wrong = await judge(disk, record)
    const trial = { name, wrong: touched, powerCuts: 0, doubles: 0 }
    if (wrong.length === 0) return { ...trial, flip: day.refusals > 0 ? 'refused' : 'right' }
    const found = await verifyFiles('/data', disk.mount()).then(
      ({ differences }) => differences.length > 0,
      () => true,
    )
    if (/\/(journal|base|carts)-\d+\.csv$/.test(path)) trial.wrong.push(...wrong)
    if (found) return { ...trial, flip: 'found by verify' }
    return { ...trial, flip: `not found: ${path.replace(/^.*\//, '')}: ${wrong[0]!.slice(0, 120)}` }
  }

  async killAll(number: number): Promise<Trial> {
    const { disk, record } = (await this.prepare(512))[number]!
    const wrong = await judge(disk.clone(), record)
    return { name: `kill-all:${number}`, wrong, powerCuts: 0, doubles: 0 }
  }

  async cut(number: number, pageBytes: number, roll: number): Promise<Trial> {
    const { disk, record } = await this.#cutAt(number, pageBytes, roll)
    const wrong = await judge(disk, record)
    return { name: `cut:${number}:${pageBytes}:${roll}`, wrong, powerCuts: 1, doubles: 0 }
  }

  /** The recovery after a cut (or a kill) at this call is cut (or killed) again before each of its calls, or only at `only`. */
  async twice(number: number, pageBytes: number, how: 'cut' | 'kill', only?: number): Promise<Trial[]> {
    const crashed = await this.#crash(number, pageBytes, how)
    const disks: MemoryDisk[] = []
    const before = (_call: Call, now: number): void => {
      disks[now] = crashed.disk.clone()
    }
    const calls = new Calls({ before })
    const store = new RunningStore(crashed.disk, calls)
    await recover(store, crashed.record)
    const trials: Trial[] = []
    for (const [again, disk] of disks.entries()) {
      if (disk === undefined || (only !== undefined && again !== only)) continue
      // A cut may follow a kill and a kill a cut: what the first left in the cache, the second may lose.
      if ((again + number) % 4 !== 0) disk.cutPower(randomFrom(this.seed * 104_729 + number * 1009 + again))
      const wrong = await judge(disk, crashed.record)
      trials.push({ name: `twice:${number}:${again}:${how}:${pageBytes}`, wrong, powerCuts: 0, doubles: 1 })
    }
    return trials
  }

  /** A call of the recovery fails, for each of its calls with the next kind of fault, or only `only` with that kind. */
  async again(number: number, only?: { call: number; kind: FaultKind }): Promise<Trial[]> {
    const { disk, record } = await this.#crash(number, 512, 'kill')
    const sound = new Calls()
    await recover(new RunningStore(disk.clone(), sound), record)
    const trials: Trial[] = []
    for (const [i, { kind: call }] of sound.all.entries()) {
      const kinds = recoveryKinds.filter((kind) => fits(kind, call))
      const kind = only?.kind ?? kinds[(i + number) % kinds.length]!
      if (only !== undefined && only.call !== i + 1) continue
      const trial = disk.clone()
      const store = new RunningStore(trial, new Calls({ faults: [{ at: i + 1, kind }] }))
      const wrong: string[] = []
      await recover(store, record).catch((error: Error) => wrong.push(error.message))
      store.kill()
      wrong.push(...store.touched.map((path) => `a start was refused and has changed ${path}`))
      wrong.push(...(await judge(trial, record)))
      trials.push({ name: `again:${number}:${i + 1}:${kind}`, wrong, powerCuts: 0, doubles: 1 })
    }
    return trials
  }

  async #crash(number: number, pageBytes: number, how: 'cut' | 'kill'): Promise<Moment> {
    if (how === 'cut') return this.#cutAt(number, pageBytes, 0)
    const { disk, record } = (await this.prepare(pageBytes))[number]!
    return { disk: disk.clone(), record: record.before(Number.POSITIVE_INFINITY) }
  }

  async #cutAt(number: number, pageBytes: number, roll: number): Promise<Moment> {
    const moment = (await this.prepare(pageBytes))[number]!
    const disk = moment.disk.clone()
    disk.cutPower(randomFrom(this.seed * 1_000_003 + number * 4099 + pageBytes * 17 + roll * 65_537))
    return { disk, record: moment.record.before(Number.POSITIVE_INFINITY) }
  }

  /** The seed decides how long each call takes, and so what comes between. */
  async #day(pageBytes: number, faults: readonly Fault[], before: (disk: MemoryDisk, call: number) => void) {
    const disk = new MemoryDisk({ pageBytes })
    const random = randomFrom(this.seed)
    const turn = async (): Promise<void> => {
      for (let turns = 1 + Math.floor(random() * 2); turns > 0; turns--) await setImmediate()
    }
    const calls = new Calls({ faults, turn, before: (_call, number) => before(disk, number) })
    const store = new RunningStore(disk, calls)
    const record = new Record(() => calls.all.length)
    let refusals = 0
    await workload(store, record, () => void refusals++)
    store.kill()
    return { disk, calls, store, record, refusals }
  }
}

const recoveryKinds = [
  'EIO',
  'ENOSPC',
  'late-EIO',
  'half-write',
  'short',
  'sync-lost',
  'sync-lost-later',
  'EMFILE',
] as const

/** Starts until it sells and rests, as a supervisor and a person would. */
async function recover(store: RunningStore, record: Record): Promise<void> {
  store.start()
  await up(store, record)
  await store.rest()
}

function faultsOf(kind: SweptKind, at: number, call: Call): Fault[] {
  if (kind === 'full') return [{ at, kind: 'ENOSPC', lasting: true }]
  if (kind === 'no-cut' || kind === 'no-cut-sync') {
    const on = { kind: kind === 'no-cut' ? ('truncate' as const) : ('datasync' as const), path: call.path }
    return [
      { at, kind: 'half-write' },
      { at: at + 1, kind: 'EIO', on },
    ]
  }
  return [{ at, kind }]
}
