/**
 * `npm run test:compose -- --kills N`: the store in containers: up, buy, each service killed and stopped under buyers who never
 * stop, down, up, the orders are still there, the books balance, the files belong to whoever owns the folders; then what people
 * do wrong. Skipped, with a word, where no engine answers.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import { verdictLine, verifyFiles } from '../client/verify/files.ts'
import { randomFrom } from '../storage/test/random.ts'
import { ask } from './ask.ts'
import { notWritable, originalFiles, portInUse, startedTwice } from './compose/bad-input.ts'
import { createProject, ownerToken, type Project, services } from './compose/project.ts'
import { Buyers } from './kill-buyers.ts'
import { judge } from './kill-judge.ts'

const imageBytesMax = 300_000_000
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

if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status !== 0) {
  console.log('skipped: no Docker engine answers (docker info)')
  process.exit(0)
}

/** Services killed by turns under buyers; each time purchases must go on. */
async function killUnderLoad(project: Project): Promise<string[]> {
  const random = randomFrom(seed)
  const buyers = new Buyers(project.url, random, { ownerToken })
  const buying = Array.from({ length: 16 }, () => buyers.run())
  const outages: number[] = []
  for (let kill = 0; kill < kills; kill++) {
    const victim = services[kill % services.length]!
    await pause(200 + random() * 500)
    const before = buyers.told.length
    const began = performance.now()
    end(project, victim, kill + Math.floor(kill / services.length)) // each in every way
    while (buyers.told.length <= before + 16) {
      await pause(10)
      if (performance.now() - began > 60_000) throw new Error(`no purchases within a minute of killing ${victim}`)
    }
    outages.push(Math.round(performance.now() - began))
  }
  console.log(`${kills} kills, ${buyers.told.length} purchases; milliseconds until purchases went on: ${outages}`)
  console.log(`memory: ${memory(project)}`)
  const wrong = services
    .filter((service) => project.inspect(service, '{{.State.OOMKilled}}') !== 'false')
    .map((service) => `${service} went beyond its memory limit`)
  buyers.stop()
  await Promise.all(buying)
  return [...wrong, ...buyers.wrong, ...(await judge(project.url, project.data, buyers.told))]
}

/**
 * As a person kills, which no restart policy answers; the process itself, which comes back; and in order, with SIGTERM in the
 * middle of purchases.
 */
function end(project: Project, victim: string, turn: number): void {
  const way = turn % 2 === 1 ? 'process' : turn % 4 === 0 ? 'kill' : 'stop'
  if (way === 'process') process.kill(Number(project.inspect(victim, '{{.State.Pid}}')), 'SIGKILL')
  else {
    project.run(way, victim)
    const code = project.inspect(victim, '{{.State.ExitCode}}')
    if (way === 'stop' && code !== '0') throw new Error(`${victim} was stopped and ended with exit code ${code}`)
    project.run('start', victim)
  }
}

const memory = (project: Project): string => {
  const ids = services.map((service) => project.id(service))
  const args = ['stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', ...ids]
  return execFileSync('docker', args, { encoding: 'utf8' }).trim().replaceAll('\n', ', ')
}

function imagesTooLarge(project: Project): string[] {
  const sizes = services.map((service) => {
    const image = project.inspect(service, '{{.Image}}')
    return Number(execFileSync('docker', ['image', 'inspect', '--format', '{{.Size}}', image], { encoding: 'utf8' }))
  })
  console.log(`images: ${sizes.map((size) => `${Math.round(size / 1e6)} MB`).join(', ')}`)
  return sizes.some((size) => size > imageBytesMax) ? [`an image is larger than ${imageBytesMax} bytes`] : []
}

async function downAndUp(project: Project, owner: number): Promise<string[]> {
  const wrong: string[] = []
  project.run('down')
  const verdict = await verifyFiles(project.data)
  console.log(verdictLine(verdict))
  wrong.push(...verdict.differences)
  if (verdict.reserved > 0) wrong.push(`${verdict.reserved} pieces stay reserved`)
  for (const service of ['catalog', 'payment', 'cart', 'order'])
    for (const name of readdirSync(`${project.data}/${service}`))
      if (name !== '.gitkeep' && statSync(`${project.data}/${service}/${name}`).uid !== owner)
        wrong.push(`data/${service}/${name} does not belong to the folder's owner`)

  const last = readFileSync(`${project.data}/order/orders.csv`, 'utf8').trim().split('\n').at(-1)!.split(',')
  project.run('up', '-d')
  console.log(`up again: a purchase after ${await project.open()} ms`)
  const { body } = (await ask(`${project.url}/orders/${last[0]}`)) as {
    body: { data?: { name?: string; items?: { name: string }[] } }
  }
  const kept = body.data?.items?.at(-1)?.name ?? body.data?.name // its last row's
  if (kept !== last[2]) wrong.push(`order ${last[0]} is ${JSON.stringify(body)} after down and up`)
  for (const [headers, status] of [
    [{}, 401],
    [{ authorization: `Bearer ${ownerToken}` }, 200],
  ] as const) {
    const reply = await ask(`${project.url}/movements`, { headers })
    if (reply.status !== status) wrong.push(`/movements is ${reply.status} with ${JSON.stringify(headers)}`)
  }
  return wrong
}

async function books(project: Project): Promise<string[]> {
  project.run('down')
  const verdict = await verifyFiles(project.data)
  console.log(`after what people do wrong: ${verdictLine(verdict)}`)
  return verdict.differences
}

const program = v1 ? ['docker-compose'] : ['docker', 'compose']
const { project, owner } = await createProject(program, `toy-store-test-${process.pid}`)
const wrong: string[] = []
try {
  const began = performance.now()
  project.run('up', '--build', '-d')
  await project.open()
  console.log(`up --build to the first purchase: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  for (const part of [
    imagesTooLarge,
    killUnderLoad,
    downAndUp,
    startedTwice,
    portInUse,
    notWritable,
    books,
    originalFiles,
    books,
  ])
    wrong.push(...(await part(project, owner)))
} catch (error) {
  wrong.push(String(error))
} finally {
  project.remove()
}
for (const what of wrong) console.log(`WRONG: ${what}`)
console.log(`compose: ${kills} kills, ${wrong.length} wrong`)
process.exit(wrong.length === 0 ? 0 : 1)
