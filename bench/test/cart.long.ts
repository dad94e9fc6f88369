/** `npm run bench:cart` as a whole, as short as it can be: what it prints, what it writes, what it leaves. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { resultSchema } from '../cart/result.ts'

const program = fileURLToPath(new URL('../cart/main.ts', import.meta.url))
/** Nothing else of the test's environment reaches it: tap would put a NODE_OPTIONS of its own there. */
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' }
const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
/** Processes that work in a folder, by their arguments or their settings. */
const workingIn = (folder: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`).includes(folder))
      )
    } catch {
      return false // it has gone, or is another user's
    }
  })

t.test('a short run prints its tables, writes its files, balances its books and leaves nothing', async (t) => {
  t.setTimeout(300_000)
  const folder = t.testdir({ stores: {} })
  const files = ['report', 'csv', 'json'].flatMap((name) => [`--${name}`, `${folder}/${name}`])
  const child = start('--quick', '--engines', 'local', '--shards', '1,3', '--folder', `${folder}/stores`, ...files)
  const [out, [code]] = await Promise.all([text(child.stdout!), once(child, 'exit')])
  t.equal(code, 0)
  t.match(out, /^run 1 of 1, local, over HTTP, 3 shards: open after [\d,.]+ ms; 100 adds and checkout first /m)
  t.match(out, /^hundred-adds +≤ 1\.5 .* bare [\d.]+ ms, store [\d.,]+ ms$/m)
  t.match(out, /^shards-memory +≤ 1\.1 +≤ 1 +[\d.]+ \(/m)
  t.match(out, /^cart-adds-256 +≥ 0\.5 +≥ 0\.7 +[\d.]+ \(/m)
  t.equal(out.match(/^carts balanced: [\d,]+ pieces in [\d,]+ carts, [\d,]+ acknowledged$/gm)?.length, 2)
  const { rows, memory } = resultSchema.parse(JSON.parse(readFileSync(`${folder}/json`, 'utf8')))
  t.strictSame(
    rows.map(({ way, shards }) => `${way} ${shards}`),
    ['in process 1', 'in process 3', 'over HTTP 1', 'over HTTP 3'],
  )
  for (const { warm, bare, way } of rows) {
    t.ok(warm.addsMs > 0 && warm.checkoutMs > 0 && warm.checkoutMs < warm.addsMs)
    if (way === 'over HTTP') t.ok(bare!.hopMs > 0 && bare!.syncMs > 0)
  }
  for (const { heldBytes } of memory) t.ok(heldBytes > 50 && heldBytes < 5000, `${heldBytes} bytes a cart`)
  t.equal(readFileSync(`${folder}/csv`, 'utf8').trim().split('\n').length, 5)
  t.match(readFileSync(`${folder}/report`, 'utf8'), /^<!doctype html>/)
  t.strictSame(readdirSync(`${folder}/stores`), [])
  t.strictSame(workingIn(folder), [])
})

t.test('a run that is interrupted leaves neither processes nor files', async (t) => {
  t.setTimeout(120_000)
  const folder = t.testdir({ stores: {} })
  const child = start('--quick', '--engines', 'local', '--folder', `${folder}/stores`)
  const out = text(child.stdout!)
  for (let tries = 0; workingIn(`${folder}/stores/`).length < 6; tries++) {
    if (tries > 2000) throw new Error('no store was started')
    await pause(20)
  }
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  t.equal(code, 130)
  for (let tries = 0; workingIn(folder).length > 0 && tries < 250; tries++) await pause(20)
  t.strictSame(workingIn(folder), [])
  t.strictSame(readdirSync(`${folder}/stores`), [])
  t.notMatch(await out, 'measurements in', 'it was not at its end')
})
