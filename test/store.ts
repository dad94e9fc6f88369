/** What whole-store tests share: the store itself (`startStore`), folders that outlive teardowns, and a purchase. */
import { cp } from 'node:fs/promises'
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
