/** What the tests of a map's copy share: a map of texts in memory, which every crash spares, and its copy. */
import type { FileSystem } from '../../file-system.ts'
import { folder } from '../../test/conformance/memory-stage.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { MapCopy, type MapCopyOptions } from '../map-copy.ts'

/** What the copy must hold. */
export const textOfAll = (truth: ReadonlyMap<string, string>): string =>
  `key,text\n${[...truth].map(([key, text]) => `${key},${text}\n`).join('')}`

export const mapOf = (truth: ReadonlyMap<string, string>): MapCopyOptions<string>['map'] => ({
  async *entries() {
    yield* truth
  },
})

export interface Stage {
  clock: HandClock
  notes: string[]
  copy: MapCopy<string>
}

export async function openCopy(
  files: FileSystem,
  truth: ReadonlyMap<string, string>,
  options: Partial<MapCopyOptions<string>> = {},
): Promise<Stage> {
  const clock = new HandClock()
  const notes: string[] = []
  const copy = await MapCopy.open<string>({
    files,
    clock,
    folder,
    name: 'drafts.csv',
    columns: ['key', 'text'],
    rowsOf: (key, text) => [[key, text]],
    map: mapOf(truth),
    note: (sentence) => notes.push(sentence),
    ...options,
  })
  return { clock, notes, copy }
}

/** Lets time pass until it holds, or is over; what has begun has its turns meanwhile. Returns whether it holds. */
export async function passUntil(clock: HandClock, ms: number, holds: () => boolean = () => false): Promise<boolean> {
  for (let passed = 0; passed < ms && !holds(); passed += 100) {
    await clock.pass(100)
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  return holds()
}
