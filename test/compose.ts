/**
 * `npm run test:compose -- --kills N`: the store in containers, in a copy of this checkout with data of its own: up, buy,
 * each service killed under buyers who never stop, down, up, the orders are still there, the books balance, and the files
 * belong to whoever owns the folders. Skipped, with a word, where no engine answers.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { verdictLine, verifyFiles } from '../client/verify.ts'
import { ask } from './ask.ts'
import { randomFrom } from '../storage/test/random.ts'
import { Buyers, judge, stock } from './kill-run.ts'
import { buy } from './store.ts'

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
const { kills, seed, v1 } = new Command('test:compose')
  .option('--kills <n>', 'how many services are killed under load', whole, 6)
  .option('--seed <n>', 'which ones', whole, 1)
  .option('--v1', 'use docker-compose instead of docker compose')
  .parse()
  .opts<{ kills: number; seed: number; v1?: true }>()

const [program, ...first] = v1 ? ['docker-compose'] : ['docker', 'compose']
if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status !== 0) {
  console.log('skipped: no Docker engine answers (docker info)')
  process.exit(0)
}

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(`${tmpdir()}/toy-store-compose-`)
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
for (const file of files.trim().split('\n')) cpSync(`${root}/${file}`, `${folder}/${file}`)
/** Not the image's own user, so that it shows whether the files follow the folder. */
const owner = process.getuid?.() === 0 ? 12345 : statSync(folder).uid
await stock(`${folder}/data`)
for (const path of ['catalog', 'order', 'catalog/toys_db.csv']) chownSync(`${folder}/data/${path}`, owner, owner)
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const project = `toy-store-test-${process.pid}`
const wrong: string[] = []

function compose(...rest: string[]): string {
  const options = { cwd: folder, env: { ...process.env, PORT: String(port) }, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(program!, [...first, '-p', project, ...rest], options)
  if (status !== 0) throw new Error(`${program} ${rest.join(' ')}: exit code ${status}\n${stdout}${stderr}`)
  return stdout
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Until a purchase is answered; the milliseconds that it took. */
async function open(): Promise<number> {
  const began = performance.now()
  while (performance.now() - began < 60_000) {
    const status = await buy(url, { name: 'Tux', quantity: 1 }).then(
      (reply) => reply.status,
      () => 0,
    )
    if (status === 200) return Math.round(performance.now() - began)
    await pause(20)
  }
  throw new Error(`no purchase within a minute\n${compose('logs', '--tail', '40')}`)
}

const memory = (): string => {
  const ids = compose('ps', '-q').trim().split('\n')
  return execFileSync('docker', ['stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', ...ids], {
    encoding: 'utf8',
  })
    .trim()
    .replaceAll('\n', ', ')
}

try {
  const began = performance.now()
  compose('up', '--build', '-d')
  await open()
  console.log(`up --build to the first purchase: ${((performance.now() - began) / 1000).toFixed(1)} s`)

  const random = randomFrom(seed)
  const buyers = new Buyers(url, random)
  const buying = Array.from({ length: 16 }, () => buyers.run())
  const outages: number[] = []
  for (let kill = 0; kill < kills; kill++) {
    const victim = ['catalog', 'order', 'frontend'][kill % 3]!
    await pause(200 + random() * 500)
    const before = buyers.told.length
    const at = performance.now()
    // Every second one as a person does it, which no restart policy answers; else the process itself, which comes back.
    if (kill % 2 === 0) {
      compose('kill', victim)
      compose('start', victim)
    } else {
      const id = compose('ps', '-q', victim).trim()
      const pid = execFileSync('docker', ['inspect', '--format', '{{.State.Pid}}', id], { encoding: 'utf8' }).trim()
      process.kill(Number(pid), 'SIGKILL')
    }
    while (buyers.told.length <= before + 16) {
      await pause(10)
      if (performance.now() - at > 60_000) throw new Error(`no purchases within a minute of killing ${victim}`)
    }
    outages.push(Math.round(performance.now() - at))
  }
  console.log(`${kills} kills, ${buyers.told.length} purchases; milliseconds until purchases went on: ${outages}`)
  console.log(`memory: ${memory()}`)
  buyers.stop()
  await Promise.all(buying)
  wrong.push(...buyers.wrong, ...(await judge(url, `${folder}/data`, buyers.told)))

  compose('down')
  const verdict = await verifyFiles(`${folder}/data`)
  console.log(verdictLine(verdict))
  wrong.push(...verdict.differences)
  if (verdict.reserved > 0) wrong.push(`${verdict.reserved} pieces stay reserved`)
  for (const service of ['catalog', 'order'])
    for (const name of readdirSync(`${folder}/data/${service}`))
      if (name !== '.gitkeep' && statSync(`${folder}/data/${service}/${name}`).uid !== owner)
        wrong.push(`data/${service}/${name} does not belong to the folder's owner`)

  const last = readFileSync(`${folder}/data/order/orders.csv`, 'utf8').trim().split('\n').at(-1)!.split(',')
  compose('up', '-d')
  console.log(`up again: a purchase after ${await open()} ms`)
  const { body } = (await ask(`${url}/orders/${last[0]}`)) as { body: { data?: { name: string } } }
  if (body.data?.name !== last[2]) wrong.push(`order ${last[0]} is ${JSON.stringify(body)} after down and up`)
} catch (error) {
  wrong.push(String(error))
} finally {
  compose('down', '--rmi', 'local', '--volumes')
  rmSync(folder, { recursive: true })
}
for (const what of wrong) console.log(`WRONG: ${what}`)
console.log(`compose: ${kills} kills, ${wrong.length} wrong`)
process.exit(wrong.length === 0 ? 0 : 1)
