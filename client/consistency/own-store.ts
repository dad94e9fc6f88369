/** A store for the time of a check, whose services can be killed. */
import { type PassingStore, startPassingStore } from '../passing-store.ts'

export const services = ['catalog', 'payment', 'cart', 'order', 'frontend'] as const
export type ServiceName = (typeof services)[number]

export interface OwnStore extends Pick<PassingStore, 'url' | 'remove'> {
  /** Prepares a kill -9 of the service as it runs now. Throws where it does not. */
  killerOf(service: ServiceName): () => void
}

/** Throws a NotOpened where it ends instead of opening. */
export async function startOwnStore(): Promise<OwnStore> {
  const { url, store, remove } = await startPassingStore('consistency')
  return {
    url,
    remove,
    killerOf(service) {
      // To look for it takes longer than many checkouts: it is found before them.
      const pid = store.pids[service]
      if (pid === undefined) throw new Error(`${service} does not run`)
      return () => void process.kill(pid, 'SIGKILL')
    },
  }
}
