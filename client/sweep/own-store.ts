/** A store for the time of a sweep, in a folder that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStore } from '../own-store.ts'
import type { SweepPlan } from './options.ts'

export interface OwnStore {
  url: string
  /** Resolves when nothing of it runs any more and its folder is gone. */
  remove(): Promise<void>
}

/** Throws a NotOpened where it ends instead of opening. */
export async function startOwnStore({ delayMs, cache }: Pick<SweepPlan, 'delayMs' | 'cache'>): Promise<OwnStore> {
  const folder = await mkdtemp(join(tmpdir(), 'toy-store-sweep-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const store = await startStore({ dataDir: folder, env: { IO_DELAY_MS: String(delayMs), CACHE: cache } })
    return {
      url: store.url,
      async remove() {
        try {
          await store.stop()
        } finally {
          await removeFolder()
        }
      },
    }
  } catch (error) {
    await removeFolder()
    throw error
  }
}
