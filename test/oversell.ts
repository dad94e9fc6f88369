/**
 * 256 connections buy single pieces of a toy of which there are 1,000: `node test/oversell.ts --runs 20` does it so many
 * times, each with a store of its own, prints `20 runs, 0 wrong`, and exits with 1 where one was wrong.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { verifyFiles } from '../client/verify/files.ts'
import { ask } from './ask.ts'
import { buy, startStore } from './store.ts'

const connections = 256
const pieces = 1000

/** What was wrong in one run, a sentence each; nothing where all was right. `env`: settings of the store. */
export async function oversell(dataDir: string, env: Record<string, string> = {}): Promise<string[]> {
  await mkdir(`${dataDir}/catalog`, { recursive: true })
  await writeFile(`${dataDir}/catalog/toys_db.csv`, `name,price,quantity\nRobot,0.10,${pieces}\n`)
  const store = await startStore({ dataDir, env })
  try {
    const numbers: number[] = []
    const refusals: string[] = []
    // Each buys until it is told that there is no more, so all of them meet at the last piece.
    const buyer = async (): Promise<void> => {
      for (;;) {
        const { body } = await buy(store.url, { name: 'Robot', quantity: 1 })
        const { data, error } = body as { data?: { order_number: number }; error?: { reason: string } }
        if (data === undefined) return void refusals.push(error?.reason ?? JSON.stringify(body))
        numbers.push(data.order_number)
      }
    }
    await Promise.all(Array.from({ length: connections }, buyer))
    const left = await ask(`${store.url}/products/Robot`)
    const code = await store.stop()
    return [
      ...differs('pieces sold', numbers.length, pieces),
      ...differs('numbers', numbers.toSorted((a, b) => a - b).join(), range(pieces).join()),
      ...differs('refusals', refusals.filter((reason) => reason === 'out_of_stock').length, connections),
      ...differs('pieces left', left.text, '{"data":{"name":"Robot","price":0.1,"quantity":0,"stock":0}}'),
      ...differs('exit code', code, 0),
      ...differs('rows', (await readFile(`${dataDir}/order/orders.csv`, 'utf8')).split('\n').length, pieces + 2),
      ...(await verifyFiles(dataDir)).differences,
    ]
  } finally {
    await store.kill()
  }
}

const differs = (what: string, is: unknown, should: unknown): string[] =>
  is === should ? [] : [`${what}: ${is} instead of ${should}`]
const range = (length: number): number[] => Array.from({ length }, (_, index) => index + 1)

if (import.meta.main) {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' } } })
  const runs = Number(values.runs)
  let wrong = 0
  for (let run = 1; run <= runs; run++) {
    const dataDir = await mkdtemp(`${tmpdir()}/oversell-`)
    const faults = await oversell(dataDir)
    for (const fault of faults) process.stdout.write(`run ${run}: ${fault}\n`)
    if (faults.length > 0) wrong++
    await rm(dataDir, { recursive: true })
  }
  process.stdout.write(`${runs} runs, ${wrong} wrong\n`)
  process.exitCode = wrong === 0 ? 0 : 1
}
