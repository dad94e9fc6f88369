/**
 * Recovery proven by interruption: the process that does a step of a purchase is killed right before and right after it,
 * started again, and the buyer asks again with his key. Each time: one order for the key, stock and credit fit, nothing
 * reserved.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { verifyFiles } from '../client/verify/files.ts'
import type { Failpoint } from './failpoint-service.ts'
import { freePort } from './free-port.ts'
import { dataDirOf } from './store.ts'

type Name = 'catalog' | 'payment' | 'order'

interface Wanted {
  items: readonly { name: string; quantity: number }[]
  user?: string
}

const tux = (quantity: number): Wanted => ({ items: [{ name: 'Tux', quantity }] })
const credit = 100_000
const ofAnn: Wanted = {
  items: [
    { name: 'Tux', quantity: 1 },
    { name: 'Fox', quantity: 2 },
  ],
  user: 'ann',
}
const costsAnn = 25.99 + 2 * 29.99
const ofPoor: Wanted = { ...ofAnn, user: 'poor' }

const dataDir = dataDirOf(t, { payment: { 'customers.csv': `user_id,credit\nann,${credit}.00\npoor,1.00\n` } })
const ports = { catalog: await freePort(), payment: await freePort(), order: await freePort() }
const running = new Map<Name, ChildProcess>()
t.teardown(async () => {
  for (const child of running.values()) {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    child.kill('SIGKILL')
    await ended
  }
})

function spawnService(name: Name, failpoint?: Failpoint): ChildProcess {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const env = {
    ...inherited,
    DATA_DIR: dataDir,
    CATALOG_PORT: String(ports.catalog),
    PAYMENT_PORT: String(ports.payment),
    ORDER_PORT: String(ports.order),
    LOG_LEVEL: 'silent',
    ...(failpoint && { FAILPOINT: JSON.stringify(failpoint) }),
  }
  const entry = fileURLToPath(new URL('./failpoint-service.ts', import.meta.url))
  const child = spawn(process.execPath, [entry, name], {
    env,
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  } as object)
  running.set(name, child)
  return child
}

async function start(name: Name): Promise<void> {
  const child = spawnService(name)
  await once(child, 'message')
  await answering(`http://127.0.0.1:${ports.order}/readyz`)
}

async function answering(url: string): Promise<void> {
  for (let left = 200; left > 0; left--) {
    const status = running.has('order')
      ? await request(url).then(
          (reply) => reply.body.dump().then(() => reply.statusCode),
          () => 0,
        )
      : 200
    if (status === 200) return
    await pause(25)
  }
  throw new Error(`${url} does not answer`)
}

async function buy(key: string, wanted: Wanted): Promise<{ reason?: string; order_number?: number }> {
  const body = JSON.stringify({ ...wanted, key })
  try {
    const reply = await request(`http://127.0.0.1:${ports.order}/order`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const { data, error } = (await reply.body.json()) as { data?: { order_number: number }; error?: { reason: string } }
    return { ...data, ...error }
  } catch {
    return { reason: 'cut' }
  }
}

async function askUntilAnswered(key: string, wanted: Wanted): Promise<{ reason?: string; order_number?: number }> {
  for (let left = 200; left > 0; left--) {
    const answer = await buy(key, wanted)
    if (answer.reason === undefined || refusals.has(answer.reason)) return answer
    await pause(25)
  }
  throw new Error('no answer for ever')
}

const refusals = new Set(['out_of_stock', 'out_of_credit'])

/** What Ann has left, in cents; undefined where payment does not answer yet. */
async function creditOfAnn(): Promise<number | undefined> {
  const reply = await request(`http://127.0.0.1:${ports.payment}/customers/ann`).catch(() => undefined)
  if (reply === undefined) return undefined
  const { data } = (await reply.body.json()) as { data: { credit: number } }
  return Math.round(data.credit * 100)
}

async function balanced(orders: number): Promise<string[]> {
  for (let left = 120; ; left--) {
    const verdict = await verifyFiles(dataDir)
    if (verdict.differences.length > 0 || left === 0)
      return [
        ...verdict.differences,
        `${verdict.reserved} reserved, ${verdict.orders} orders, Ann has ${await creditOfAnn()}`,
      ]
    const spent = Math.round(paid * costsAnn * 100)
    if (verdict.reserved === 0 && verdict.orders === orders && (await creditOfAnn()) === credit * 100 - spent) return []
    await pause(25)
  }
}

const both = ['before', 'after'] as const
const calls = ['write', 'sync'] as const
let orders = 0
/** Of them, those that Ann paid. */
let paid = 0
let keys = 0

async function interrupt(t: Test, victim: Name, failpoint: Failpoint, wanted: Wanted): Promise<void> {
  const child = running.get(victim)!
  const died = once(child, 'exit')
  child.send({ arm: failpoint })
  await once(child, 'message')
  const key = `${victim}-${failpoint.path}-${failpoint.call}-${failpoint.nth}-${failpoint.when}-${++keys}`
  const first = (async () => {
    // Who was killed before may still count as down: then nothing is begun, and no step comes.
    for (;;) {
      const answer = await buy(key, wanted)
      if (answer.reason !== 'unavailable' || child.exitCode !== null || child.signalCode !== null) return answer
      await pause(25)
    }
  })()
  const [, signal] = await died
  t.equal(signal, 'SIGKILL', 'it was killed at the step')
  const told = await first
  await start(victim)
  const answer = await askUntilAnswered(key, wanted)
  const refusal =
    wanted.user === 'poor' ? 'out_of_credit' : wanted.items[0]!.quantity > 10_000 ? 'out_of_stock' : undefined
  t.equal(answer.reason, refusal)
  if (refusal === undefined) {
    orders += 1
    if (wanted.user === 'ann') paid += 1
    t.equal(answer.order_number, orders, 'the key has one order, numbered next')
    if (told.order_number !== undefined) t.equal(told.order_number, orders, 'the answer of before is the answer again')
  }
  t.same(await balanced(orders), [])
}

t.before(async () => {
  await start('catalog')
  await start('payment')
  await start('order')
})

for (const call of calls)
  for (const when of both) {
    t.test(`killed ${when} the ${call} of the order's row`, (t) =>
      interrupt(t, 'order', { call, path: 'orders.csv', nth: 1, when }, tux(1)),
    )
    t.test(`killed ${when} the ${call} of the reservation`, (t) =>
      interrupt(t, 'catalog', { call, path: 'journal', nth: 1, when }, tux(1)),
    )
    t.test(`killed ${when} the ${call} of the confirmation`, (t) =>
      interrupt(t, 'catalog', { call, path: 'journal', nth: 2, when }, tux(1)),
    )
    t.test(`killed ${when} the ${call} of a refused purchase's void`, (t) =>
      interrupt(t, 'catalog', { call, path: 'journal', nth: 1, when }, tux(20_000)),
    )
    for (const victim of ['order', 'catalog', 'payment'] as const) {
      const path = victim === 'order' ? 'orders.csv' : 'journal'
      const what = victim === 'order' ? 'rows' : `${victim}'s reservation`
      t.test(`killed ${when} the ${call} of the ${what} of two toys that a customer pays`, (t) =>
        interrupt(t, victim, { call, path, nth: 1, when }, ofAnn),
      )
    }
    t.test(`killed ${when} the ${call} of payment's confirmation`, (t) =>
      interrupt(t, 'payment', { call, path: 'journal', nth: 2, when }, ofAnn),
    )
    for (const victim of ['catalog', 'payment'] as const)
      t.test(`killed ${when} the ${call} of ${victim}'s void of a purchase without credit`, (t) =>
        interrupt(t, victim, { call, path: 'journal', nth: victim === 'catalog' ? 2 : 1, when }, ofPoor),
      )
  }

for (const [call, path] of [
  ['write', 'incarnation'],
  ['sync', 'incarnation'],
  ['rename', 'incarnation'],
  ['syncFolder', '/order'],
] as const)
  for (const when of both)
    t.test(`killed ${when} the ${call} of a new incarnation`, async (t) => {
      const old = running.get('order')!
      old.kill('SIGKILL')
      await once(old, 'exit')
      const nth = path === '/order' ? 2 : 1 // the first sync of the folder is the log's
      const dying = spawnService('order', { call, path, nth, when })
      const [, signal] = await once(dying, 'exit')
      t.equal(signal, 'SIGKILL')
      await start('order')
      orders += 1
      t.equal((await askUntilAnswered(`incarnation-${call}-${when}`, tux(1))).order_number, orders)
      t.same(await balanced(orders), [])
    })
