/** A store for the time of a command, in a folder that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Store, startStore } from './own-store.ts'

export interface PassingStore {
  url: string
  store: Store
  /** Resolves when nothing of it runs any more and its folder is gone. */
  remove(): Promise<void>
}

/** `purpose`: part of the folder's name. Throws a NotOpened where it ends instead of opening. */
export async function startPassingStore(purpose: string, env: Record<string, string> = {}): Promise<PassingStore> {
  const folder = await mkdtemp(join(tmpdir(), `toy-store-${purpose}-`))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const store = await startStore({ dataDir: folder, env })
    const remove = async (): Promise<void> => {
      try {
        await store.stop()
      } finally {
        await removeFolder()
      }
    }
    return { url: store.url, store, remove }
  } catch (error) {
    await removeFolder()
    throw error
  }
}
