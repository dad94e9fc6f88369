/** The reference map, and it with a part broken, as the conformance suite takes them. */
import type { BulkMap } from '../map.ts'
import type { Engine } from './conformance/engine.ts'
import { folder, overMemory } from './conformance/memory-stage.ts'
import { type Break, ReferenceMap } from './reference-map.ts'

export const mapEngine = (pageBytes: number, broken?: Break): Engine<BulkMap<string>> =>
  overMemory('reference', pageBytes, async ({ files }) => {
    await files.makeFolder(folder)
    for (const made of ['/data', '/']) await files.syncFolder(made)
    return ReferenceMap.open(files, folder, broken)
  })

export const mapEngines: readonly Engine<BulkMap<string>>[] = [64, 512, 4096].map((bytes) => mapEngine(bytes))
