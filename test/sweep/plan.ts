/** Which trials there are, for whom, and how one is called by its name. */

import type { FaultKind } from '../../storage/test/memory-disk.ts'
import { faultKinds, flips, type Sweep, type SweptKind, type Trial } from './sweep.ts'

export interface Plan {
  pages: readonly number[]
  /** Power cuts per call and size of pages. */
  cuts: number
  /** Every recovery is cut again at each of its calls, and fails at each of them. */
  double: boolean
  /** Only every so-manieth call. */
  every: number
  /** Only trials whose names begin so; all where none is given. */
  kinds?: readonly string[]
}

/** All trials of one part of so many, call by call. */
export async function* trials(
  sweep: Sweep,
  { pages, cuts, double, every, kinds = [] }: Plan,
  part = 0,
  parts = 1,
): AsyncGenerator<Trial> {
  for (const page of pages) await sweep.prepare(page)
  await sweep.prepare(512)
  const wanted = (kind: string): boolean => kinds.length === 0 || kinds.includes(kind)
  for (const [i, call] of sweep.calls.entries()) {
    const number = i + 1
    if (number % every !== 0 || Math.floor(number / every) % parts !== part) continue
    for (const kind of faultKinds) if (wanted(kind) && sweep.fits(kind, call)) yield* await sweep.fault(kind, number)
    if (wanted('bit-flip') && sweep.fits('bit-flip', call)) for (const where of flips) yield sweep.flip(number, where)
    if (wanted('kill-all')) yield sweep.killAll(number)
    if (wanted('cut'))
      for (const page of pages) for (let roll = 0; roll < cuts; roll++) yield sweep.cut(number, page, roll)
    if (!double) continue
    yield* await sweep.twice(number, 512, 'kill')
    for (const page of pages) yield* await sweep.twice(number, page, 'cut')
    yield* await sweep.again(number)
  }
}

/** The trials of a name that a failure printed. Throws where there is none. */
export async function named(sweep: Sweep, name: string): Promise<Trial[]> {
  await sweep.prepare(512)
  const [kind = '', ...rest] = name.split(/[:@+]/)
  const [number, second, third] = rest.map(Number)
  if (kind === 'kill-all') return [await sweep.killAll(number!)]
  if (kind === 'cut') return [await sweep.cut(number!, second!, third!)]
  if (kind === 'bit-flip') return [await sweep.flip(number!, second!)]
  if (kind === 'twice') return sweep.twice(number!, Number(rest[3]), rest[2] as 'cut' | 'kill', second)
  if (kind === 'again') return sweep.again(number!, { call: second!, kind: rest[2] as FaultKind })
  if (!faultKinds.includes(kind as SweptKind)) throw new Error(`no such trial: ${name}`)
  return (await sweep.fault(kind as SweptKind, number!)).filter((trial) => trial.name === name)
}
