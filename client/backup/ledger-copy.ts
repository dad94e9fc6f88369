/**
 * A ledger's files as of one moment: a base and every journal line up to then. Always: once it is open, what the store does
 * with its files changes nothing in it; large files are only held open then, and copied when there is time.
 */
import { type FileHandle, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { unsealBase } from '../../storage/csv/base.ts'
import { baseName, numbered, parseJournalLine, segmentName } from '../../storage/csv/journal.ts'
import { lines } from '../../storage/csv/tail.ts'
import type { Fact } from '../../storage/ledger.ts'
import type { LedgerState } from '../../storage/ledger-state.ts'
import { type LedgerPlace, readLine } from '../verify/ledger.ts'

interface Segment {
  number: number
  /** Whole lines. */
  bytes: Buffer
}

export class LedgerCopy {
  readonly #folder: string
  readonly #place: LedgerPlace
  readonly #base: { number: number; file: FileHandle }
  /** Its moment is the end of the last one. */
  readonly #segments: readonly Segment[]
  /** Of a stopped store, which a person may have edited. */
  readonly #edited: Buffer | undefined
  /** The last segment and those behind it, as of a later moment. */
  #later: readonly Segment[] = []

  private constructor(
    folder: string,
    place: LedgerPlace,
    base: { number: number; file: FileHandle },
    segments: readonly Segment[],
    edited: Buffer | undefined,
  ) {
    this.#folder = folder
    this.#place = place
    this.#base = base
    this.#segments = segments
    this.#edited = edited
  }

  /** Throws ENOENT where a running store has just replaced its files; then it is to be tried again. */
  static async open(dataDir: string, place: LedgerPlace): Promise<LedgerCopy> {
    const folder = `${dataDir}/${place.room}`
    const names = await readdir(folder)
    const number = numbered(names, 'base').at(-1)
    if (number === undefined) throw new Error(`${folder} holds no ledger (no base file)`)
    const base = { number, file: await open(`${folder}/${baseName(number)}`) }
    try {
      const segments = await readSegments(folder, names, number)
      if (segments.length === 0) throw new Error(`${folder}/${segmentName(number)} is missing`)
      return new LedgerCopy(folder, place, base, segments, await readEdited(folder, place, names, segments.at(-1)!))
    } catch (error) {
      await base.file.close()
      throw error
    }
  }

  /** Reads what has been written since. Throws as `open` does. */
  async readOn(): Promise<void> {
    this.#later = await readSegments(this.#folder, await readdir(this.#folder), this.#segments.at(-1)!.number)
  }

  /** As of its moment, into a folder that is empty. */
  async write(to: string): Promise<void> {
    const [first] = this.#segments
    const head = parseJournalLine(first!.bytes.toString('utf8', 0, Math.max(0, first!.bytes.indexOf(10))))
    if (head?.kind !== 'head') throw new Error(`${this.#folder}/${segmentName(first!.number)} has no beginning`)
    for (const { number, bytes } of this.#segments) await writeFile(`${to}/${segmentName(number)}`, bytes)
    const movements = await readFile(`${this.#folder}/movements.csv`)
    await writeFile(`${to}/movements.csv`, movements.subarray(0, head.head.movementBytes))
    const base = await this.#base.file.readFile()
    await writeFile(`${to}/${baseName(this.#base.number)}`, base)
    // What people read of a running store is the base without its checksum.
    await writeFile(`${to}/${this.#place.readable}`, this.#edited ?? unsealBase(base).bytes)
  }

  /**
   * Moves what was written to `to` on to the first moment at which it knows all these attempts, as far as it ever does;
   * `state` is its state, and moves on with it.
   */
  async moveOn(to: string, state: LedgerState, attempts: Iterable<string>): Promise<void> {
    const unknown = new Set(attempts)
    const last = this.#segments.at(-1)!
    /** Up to the moment reached so far, and what was read since. */
    const passed = new Map<number, Buffer>()
    const since = { segments: new Map<number, Buffer>(), facts: [] as Fact[] }
    for (const { number, bytes } of this.#later) {
      const from = number === last.number ? last.bytes.length : 0
      for (const { text, next } of lines(bytes.subarray(from), from)) {
        if (unknown.size === 0) break
        const line = readLine(text)
        if (line?.kind !== 'facts') continue
        since.facts.push(...line.facts)
        const learned = line.facts.filter((fact) => fact.fact === 'open' && unknown.delete(fact.reservation.id))
        if (learned.length === 0) continue
        for (const fact of since.facts.splice(0)) state.apply(fact)
        for (const [before, whole] of since.segments) passed.set(before, whole)
        since.segments.clear()
        passed.set(number, bytes.subarray(0, next))
      }
      since.segments.set(number, bytes)
    }
    for (const [number, bytes] of passed) await writeFile(`${to}/${segmentName(number)}`, bytes)
  }

  close(): Promise<void> {
    return this.#base.file.close()
  }
}

/** Whether a ledger has set aside or sold what an order with this attempt takes. */
export const knows = (state: LedgerState, attempt: string): boolean =>
  state.reservation(attempt) !== undefined || hasSold(state, attempt)

/** Given that there is an order with this attempt: whether it was confirmed, or settled so long ago that it is forgotten. */
export const hasSold = (state: LedgerState, attempt: string): boolean =>
  state.belowFence(attempt) ? state.reservation(attempt) === undefined : state.decision(attempt) === 'confirmed'

/** Those from this number on, whole lines. */
async function readSegments(folder: string, names: readonly string[], from: number): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const number of numbered(names, 'journal').filter((one) => one >= from)) {
    const bytes = await readFile(`${folder}/${segmentName(number)}`)
    segments.push({ number, bytes: bytes.subarray(0, bytes.lastIndexOf(10) + 1) })
  }
  return segments
}

/** The readable file of a store that was stopped in order; undefined while it runs, and after a crash. */
async function readEdited(
  folder: string,
  { readable }: LedgerPlace,
  names: readonly string[],
  { number, bytes }: Segment,
): Promise<Buffer | undefined> {
  const end = bytes.subarray(bytes.lastIndexOf(10, bytes.length - 2) + 1, bytes.length - 1).toString()
  if (readLine(end)?.kind !== 'stop' || !names.includes(readable)) return undefined
  const edited = await readFile(`${folder}/${readable}`)
  // A start that began meanwhile has written to the journal before it wrote this file.
  const [{ size }, now] = [await stat(`${folder}/${segmentName(number)}`), await readdir(folder)]
  const isAsItWas = size === bytes.length && numbered(now, 'journal').at(-1) === number
  return isAsItWas ? edited : undefined
}
