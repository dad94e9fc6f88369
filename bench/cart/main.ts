/**
 * `npm run bench:cart`: what a cart takes for each number of shards, in process and over HTTP, in files and in Azure; its ratios;
 * and a page of plots. Exit code 0 when everything ran and all books balance; a ratio that was missed is told, and is no fault of
 * the run. 2 for a bad option or a file that cannot be written. Nothing imports this file.
 */
import { mkdtempSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { checkFiles, writeEach } from '../../client/report/files.ts'
import { Bench } from '../bench-run.ts'
import { hasWrk } from '../load.ts'
import { cartCsv } from './csv.ts'
import { measureAll } from './measure.ts'
import { newCartCommand, type Plan, planOf } from './options.ts'
import { cartHtml } from './page.ts'
import type { CartResult } from './result.ts'
import { resultText } from './table.ts'

const command = newCartCommand().parse()
const plan = planOf(command)
await checkFiles(command, plan.files)
const account = plan.account ? process.env.AZURE_COSMOS_CONNECTION_STRING : undefined
if (plan.account && !account)
  command.error('error: --account needs the setting AZURE_COSMOS_CONNECTION_STRING', { exitCode: 2 })
process.exit((await run()) ? 0 : 1)

/** False where something went wrong. */
async function run(): Promise<boolean> {
  const began = performance.now()
  const startedAt = new Date().toISOString()
  const bench = new Bench({
    rounds: plan.runs,
    seconds: plan.seconds,
    warmUpSeconds: Math.ceil(plan.warmUpMs / 1000),
    folder: mkdtempSync(`${plan.folder}/toy-store-bench-`),
    tell: (line) => console.log(line),
  })
  process.on('exit', () => bench.remove())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130)) // all it started ends with it
  const { failed, ...measured } = await measureAll(bench, plan, account)
  const result: CartResult = {
    ...{ format: 1, command: 'bench:cart', startedAt, settings: settingsOf(plan), machine: machine() },
    ...measured,
    books: bench.books,
    seconds: (performance.now() - began) / 1000,
  }
  console.log(`\n${resultText(result)}`)
  return (await write(result)) && !failed && bench.books.every(({ balanced }) => balanced)
}

/** What nobody named goes into a folder of its own. */
async function write(result: CartResult): Promise<boolean> {
  const folder = mkdtempSync(`${tmpdir()}/toy-store-carts-`)
  const files = {
    report: `${folder}/carts.html`,
    csv: `${folder}/carts.csv`,
    json: `${folder}/carts.json`,
    ...plan.files,
  }
  const written = await writeEach(files, {
    json: () => `${JSON.stringify(result, null, 2)}\n`,
    csv: () => cartCsv(result),
    report: () => cartHtml(result),
  })
  console.log(`Charts: ${files.report}\nFigures: ${files.csv}, ${files.json}`)
  return written
}

function settingsOf({ runs, engines, shards, warmUpMs, seconds, carts, account }: Plan): [string, string][] {
  return [
    ['runs', String(runs)],
    ['engines', engines.join(', ')],
    ['Azure', account ? 'an account' : 'azurite on this machine'],
    ['shards', shards.map((count) => count.toLocaleString('en-US')).join(', ')],
    ['warm-up', `${warmUpMs} ms`],
    ['load at 256 connections', `${seconds} s a side and run, by ${hasWrk ? 'wrk' : 'sessions of our own'}`],
    ['carts in the measurement of memory', carts.toLocaleString('en-US')],
  ]
}

function machine(): [string, string][] {
  return [
    ['cores', `${availableParallelism()} (${cpus()[0]?.model ?? 'unknown'})`],
    ['memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ['Node', process.version],
  ]
}
