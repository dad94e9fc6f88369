/**
 * The wake of kill -9 is no obstacle: `node test/restart.ts --runs 20` kills a whole store while it sells and starts it again
 * at once, so many times, prints `20 restarts, 0 wrong`, and exits with 1 where one was wrong.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ask } from './ask.ts'
import { faultsOf, startBuyers } from './buyers.ts'
import { type Store, startStore } from './store.ts'

/** What was wrong in each restart, and at the end over all of them, a sentence each; nothing where all was right. */
export async function restart(dataDir: string, runs: number): Promise<string[]> {
  const faults: string[] = []
  const acknowledged = new Map<string, number>()
  let store: Store = await startStore({ dataDir })
  try {
    for (let run = 1; run <= runs; run++) {
      const buyers = startBuyers(store.url, 8)
      // A start that must read keys back, on a busy machine, may sell nothing for a while: the kill comes amid purchases.
      for (let left = 100; left > 0 && buyers.acknowledged.size === 0; left--) await pause(100)
      await pause(100)
      await store.kill()
      await buyers.stop()
      for (const [key, number] of buyers.acknowledged) acknowledged.set(key, number)
      if (buyers.acknowledged.size === 0) faults.push(`restart ${run}: nothing was sold before it`)
      store = await startStore({ dataDir })
      const [newest] = ((await ask(`${store.url}/orders?limit=1`)).body as { data: { number: number }[] }).data
      const last = Math.max(...acknowledged.values())
      if (newest === undefined || newest.number < last) faults.push(`restart ${run}: order ${last} is not there`)
    }
    const code = await store.stop()
    if (code !== 0) faults.push(`the last store ended with exit code ${code}`)
    return [...faults, ...(await faultsOf(dataDir, acknowledged))]
  } finally {
    await store.kill()
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' } } })
  const dataDir = await mkdtemp(`${tmpdir()}/restart-`)
  const faults = await restart(dataDir, Number(values.runs))
  for (const fault of faults) process.stdout.write(`${fault}\n`)
  await rm(dataDir, { recursive: true })
  process.stdout.write(`${values.runs} restarts, ${faults.length} wrong\n`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
