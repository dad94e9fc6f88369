/** The store against PostgreSQL itself, without any server of HTTP before it: the same ten hot toys, as many clients. */
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../../test/free-port.ts'
import type { Bench } from '../bench-run.ts'
import type { Group } from '../group.ts'
import { checkLoad, loadFor } from '../load.ts'
import { connection, hasPgbench, pgbenchScript, readPgbench, tables, wrongBooks } from '../postgres/shop.ts'
import { whole } from '../rounds.ts'
import { purchases } from '../shop.ts'
import { median } from '../spread.ts'

const run = promisify(execFile)
const clients = 64

export const postgres: Group = {
  figures: ['postgres'],
  missing: ({ postgres }) => (postgres ? undefined : 'not asked for: --postgres'),
  async run(bench) {
    const store = await bench.openShop()
    const port = await openPostgres(bench)
    const peer = await openTables(port)
    const by = hasPgbench ? 'pgbench' : 'clients of our own'
    const buy = hasPgbench ? await pgbench(bench, port) : (seconds: number) => ownClients(port, seconds)
    await checkLoad(store.url, purchases)
    await buy(bench.warmUpSeconds)
    await loadFor(store.url, purchases, clients, bench.warmUpSeconds)
    const rounds: { postgres: number; store: number }[] = []
    for (let round = 1; round <= bench.rounds; round++) {
      const theirs = await buy(bench.seconds)
      const ours = await loadFor(store.url, purchases, clients, bench.seconds)
      const failed = theirs.failed + ours.failed
      rounds.push({ postgres: theirs.perSecond, store: ours.perSecond })
      bench.tell(
        `round ${round} of ${bench.rounds}, postgres: ${whole(theirs.perSecond)}/s by ${by}; store ${whole(ours.perSecond)}/s${failed === 0 ? '' : `, ${failed} FAILED`}`,
      )
    }
    bench.record.push({ name: 'postgres', rounds })
    const { rows } = await peer.query<{ name: string }>(wrongBooks)
    const balanced = rows.length === 0
    bench.books.push({ line: `PostgreSQL's books ${balanced ? 'balanced' : 'DO NOT BALANCE'}`, balanced })
    const [theirs, ours] = (['postgres', 'store'] as const).map((side) => whole(median(rounds.map((one) => one[side]))))
    return {
      postgres: {
        values: rounds.map((one) => one.store / one.postgres),
        beside: `postgres ${theirs}/s by ${by}, store ${ours}/s`,
      },
    }

    async function openTables(port: number): Promise<pg.Client> {
      const client = new pg.Client(connection(port))
      await client.connect()
      bench.closeAtEnd(() => client.end())
      await client.query(tables)
      return client
    }
  },
}

/** Resolves to its port. */
async function openPostgres(bench: Bench): Promise<number> {
  const port = await freePort()
  const folder = `${bench.folder}/postgres`
  mkdirSync(folder)
  chmodSync(bench.folder, 0o755) // the server may run as another user
  const path = fileURLToPath(new URL('../postgres/main.ts', import.meta.url))
  const child = fork(path, [folder, String(port)])
  const ended = once(child, 'exit')
  const ready = await Promise.race([once(child, 'message'), ended.then(() => undefined)])
  if (ready === undefined) throw new Error('PostgreSQL did not start')
  bench.closeAtEnd(async () => {
    child.disconnect()
    await ended
  })
  return port
}

type Buy = (seconds: number) => Promise<{ perSecond: number; failed: number }>

async function pgbench(bench: Bench, port: number): Promise<Buy> {
  const script = `${bench.folder}/purchase.sql`
  writeFileSync(script, pgbenchScript)
  const { host, user, password, database } = connection(port) as Record<string, string>
  const uri = `postgresql://${user}:${password}@${host}:${port}/${database}`
  const args = ['-n', '-M', 'prepared', '-f', script, '-c', String(clients), '-j', '1']
  return async (seconds) => readPgbench((await run('pgbench', [...args, '-T', String(seconds), uri])).stdout)
}

async function ownClients(port: number, seconds: number): ReturnType<Buy> {
  const path = fileURLToPath(new URL('../postgres/clients.ts', import.meta.url))
  const { stdout } = await run(process.execPath, [path, String(port), String(clients), String(seconds)])
  const told = JSON.parse(stdout) as { answers: number; seconds: number; failed: number }
  return { perSecond: told.answers / told.seconds, failed: told.failed }
}
