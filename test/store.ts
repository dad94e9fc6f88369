/** What whole-store tests share: the store itself (`startStore`), folders that outlive teardowns, and a purchase. */
import { cp, rm } from 'node:fs/promises'
import type { Test } from 'tap'
import { ask } from './ask.ts'

export { goneGroup, NotOpened, type Store, type StoreOptions, startStore } from '../client/own-store.ts'

/** `t.testdir`, removed only after the teardowns: tap removes it first where it was made before the first of them. */
export function dataDirOf(t: Test, files: Parameters<Test['testdir']>[0] = {}): string {
  t.teardown(() => {})
  return t.testdir(files)
}

/** A data folder of the test's own, as that of a stopped store. */
export async function copyOf(t: Test, master: string): Promise<string> {
  const dataDir = dataDirOf(t)
  await cp(master, dataDir, { recursive: true, filter: (path) => !/lock-\d+$/.test(path) })
  return dataDir
}

/** The folder of a store that runs; begun anew where a segment that is no longer needed goes meanwhile. */
export async function copyRunning(dataDir: string, to: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await cp(dataDir, to, { recursive: true, filter: (path) => !/lock-\d+$/.test(path) })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 10) throw error
      await rm(to, { recursive: true, force: true })
    }
  }
}

/** Buys through the front door; `body` is sent as it is where it is text, else as JSON. */
export async function buy(
  url: string,
  body: unknown,
  { key }: { key?: string } = {},
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const {
    status,
    headers,
    body: answer,
  } = await ask(`${url}/orders`, {
    method: 'POST',
    headers: key === undefined ? {} : { 'idempotency-key': key },
    body,
  })
  return { status, headers, body: answer }
}
