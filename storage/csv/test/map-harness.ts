/** What the tests of the CSV map share. */
import { readdirSync } from 'node:fs'
import type { Test } from 'tap'
import type { FileSystem } from '../../file-system.ts'
import type { KeyedMap } from '../../map.ts'
import { folder } from '../../test/conformance/memory-stage.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { CsvMap, type MapOptions, type MapReport } from '../map-engine.ts'
import { makeFolder } from '../open-folder.ts'
import { type Told, told } from './harness.ts'
import { textFormat } from './text-format.ts'

export type OpenMap = Told & { map: CsvMap<string>; checked: MapReport }

/** A map of texts over a real folder. */
export async function openMap(t: Test, folder: string, options: Partial<MapOptions<string>> = {}): Promise<OpenMap> {
  const { files, notes, givenUp, ...rest } = told(t)
  const opened = await CsvMap.open({ files, ...rest, folder, name: 'drafts', format: textFormat, ...options })
  return { ...opened, files, notes, givenUp }
}

/** The same over a disk in memory. */
export async function openOver(files: FileSystem, options: Partial<MapOptions<string>> = {}): Promise<CsvMap<string>> {
  await makeFolder(files, folder)
  const { map } = await CsvMap.open<string>({
    files,
    clock: new HandClock(),
    folder,
    name: 'drafts',
    format: textFormat,
    giveUp: () => {},
    ioDelayMs: 0,
    ...options,
  })
  return map
}

/** All entries, sorted. Throws where a key comes twice. */
export async function allOf(map: KeyedMap<string>): Promise<[string, string][]> {
  const all = new Map<string, string>()
  for await (const [key, value] of map.entries()) {
    if (all.has(key)) throw new Error(`${key} comes twice`)
    all.set(key, value)
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1))
}

export const segmentsOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^drafts-\d+\.csv$/.test(name))
    .sort()
