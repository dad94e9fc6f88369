/** A store for the time of a check, in a folder that goes with it, and whose services can be killed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStore } from '../own-store.ts'

export const services = ['catalog', 'payment', 'order', 'frontend'] as const
export type ServiceName = (typeof services)[number]

export interface OwnStore {
  url: string
  /** Prepares a kill -9 of the service as it runs now. Throws where it does not. */
  killerOf(service: ServiceName): () => void
  /** Resolves when nothing of it runs any more and its folder is gone. */
  remove(): Promise<void>
}

/** Throws a NotOpened where it ends instead of opening. */
export async function startOwnStore(): Promise<OwnStore> {
  const folder = await mkdtemp(join(tmpdir(), 'toy-store-consistency-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const store = await startStore({ dataDir: folder })
    return {
      url: store.url,
      killerOf(service) {
        // To look for it takes longer than many checkouts: it is found before them.
        const pid = store.pids[service]
        if (pid === undefined) throw new Error(`${service} does not run`)
        return () => void process.kill(pid, 'SIGKILL')
      },
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
