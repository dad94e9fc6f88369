/** Threads that share a port, with a service that does as it is told (threads-child.ts). */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { realClock } from '../../clock.ts'
import { figuresOf, figuresWhen } from '../../test/figures.ts'
import { createMetrics } from '../metrics.ts'
import type { Peer } from '../thread-calls.ts'
import { createThreads } from '../threads.ts'
import { gate } from './harness.ts'
import type { ChildGiven } from './threads-child.ts'

type Hears = { note: (word: string) => void }

/** Not started yet; it ends with its test. Whatever ends the process fails the test, unless it is wanted. */
function threadsOf(t: Test, behaviour: ChildGiven['behaviour'] = 'well', { count = 2 } = {}) {
  const logged: Record<string, unknown>[] = []
  const ends: unknown[] = []
  const held = gate()
  const peers: Peer<Hears>[] = []
  const metrics = createMetrics('shop')
  metrics.gauge('owned', 'Of the owner alone', () => 7)
  const threads = createThreads<ChildGiven, Hears>({
    program: new URL('./threads-child.ts', import.meta.url),
    count,
    service: 'shop',
    given: { behaviour },
    work(peer) {
      peers.push(peer)
      return { hold: (name: string) => held.passed.then(() => name) }
    },
    clock: realClock,
    metrics,
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    end: (error) => void ends.push(error),
  })
  t.teardown(() => threads.close({ graceMs: 0 }))
  return {
    threads,
    logged,
    ends,
    peers,
    open: held.open,
    listen: () => threads.listen({ host: '127.0.0.1', port: 0, setting: 'PORT' }),
  }
}

/** One request on a connection of its own, so that any thread may answer. */
const get = async (url: string, method = 'GET'): Promise<{ status: number; data: unknown }> => {
  const reply = await fetch(url, { method, headers: { connection: 'close' } })
  return { status: reply.status, data: ((await reply.json()) as { data: unknown }).data }
}

/** The threads that answer, when so many have. */
async function answering(url: string, count: number): Promise<Map<number, boolean>> {
  const seen = new Map<number, boolean>()
  for (let tries = 0; seen.size < count; tries++) {
    if (tries > 2000) throw new Error(`only ${[...seen.keys()]} answer`)
    const { thread, again } = (await get(`${url}/who`)).data as { thread: number; again: boolean }
    seen.set(thread, again)
  }
  return seen
}

t.test('all threads answer at one port, each with its share of the limits, and their figures add up', async (t) => {
  const { threads, listen } = threadsOf(t)
  const { url, port } = await listen()
  t.equal(new URL(url).port, String(port))
  await threads.whenReady
  t.strictSame([...(await answering(url, 2)).values()], [false, false])
  t.match((await get(`${url}/limits`)).data, { connectionsMax: 5000, inFlightMax: 2500 })
  const series = 'http_request_duration_seconds_count{method="GET",route="/told",status="200"}'
  for (let asked = 0; asked < 40; asked++) await get(`${url}/told`)
  for (let asked = 0; asked < 4; asked++) {
    const figures = await figuresOf(url, { connection: 'close' })
    t.equal(figures.get(series), 40, 'whichever thread is asked')
    t.equal(figures.get('http_requests_in_flight'), 1)
    t.equal(figures.get('owned'), 7)
  }
})

t.test('what the owner tells, it tells each', async (t) => {
  const { listen, peers } = threadsOf(t)
  const { url } = await listen()
  for (const [index, peer] of peers.entries()) peer.tell('note', `for ${index}`)
  const told = new Set<string>()
  for (let tries = 0; told.size < 2; tries++) {
    if (tries > 2000) throw new Error(`only ${[...told]}`)
    for (const word of (await get(`${url}/told`)).data as string[]) told.add(word)
  }
  t.strictSame([...told].sort(), ['for 0', 'for 1'])
})

t.test('a thread that ends is replaced; the others go on, and nothing that was counted is lost', async (t) => {
  const { listen, logged, ends } = threadsOf(t)
  const { url } = await listen()
  const before = await answering(url, 2)
  const series = 'http_request_duration_seconds_count{method="GET",route="/told",status="200"}'
  for (let asked = 0; asked < 40; asked++) await get(`${url}/told`)
  t.equal((await figuresOf(url)).get(series), 40)
  await t.rejects(get(`${url}/crash`, 'POST'), 'its connection is cut')
  t.equal((await get(`${url}/who`)).status, 200)
  const after = await answering(url, 2)
  const [stayed] = [...after.keys()].filter((thread) => before.has(thread))
  const [came] = [...after.keys()].filter((thread) => !before.has(thread))
  t.ok(stayed !== undefined && came !== undefined)
  t.strictSame([after.get(stayed!), after.get(came!)], [false, true])
  t.equal((await figuresOf(url)).get(series), 40)
  t.match(logged[0], { level: 50, err: { message: 'planted' }, msg: 'a thread failed' })
  t.match(logged[1], { level: 40, msg: 'a thread ended; it is started again in 50 ms' })
  t.strictSame(ends, [])
})

t.test(
  'a request that waits for the owner is answered before the threads end, and a new one is not taken',
  async (t) => {
    const { threads, listen, open } = threadsOf(t)
    const { url } = await listen()
    const waiting = Promise.all(['a', 'b', 'c', 'd'].map((name) => get(`${url}/hold/${name}`, 'POST')))
    await figuresWhen(url, (figures) => figures.get('http_requests_in_flight') === 5)
    const closed = threads.close({ graceMs: 60_000 })
    // While any thread waits for its last answer it still listens to nobody.
    await t.rejects(async () => {
      for (;;) await get(`${url}/who`)
    })
    open()
    t.strictSame(
      (await waiting).map(({ data }) => data),
      ['a', 'b', 'c', 'd'],
    )
    await closed
  },
)

t.test('a port in use is found, with the sentence that one thread has for it', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const { threads } = threadsOf(t)
  await t.rejects(threads.listen({ host: '127.0.0.1', port, setting: 'PORT' }), {
    name: 'StartError',
    message: `port ${port} is in use: stop what uses it or set PORT`,
  })
})

t.test('nobody takes the port in silence: not one that shares too, and not one that does not', async (t) => {
  const first = threadsOf(t)
  const { port, url } = await first.listen()
  const message = `port ${port} is in use: stop what uses it or set PORT`
  for (const host of ['127.0.0.1', '0.0.0.0'])
    await t.rejects(threadsOf(t).threads.listen({ host, port, setting: 'PORT' }), { name: 'StartError', message }, host)
  const plain = createServer().listen(port, '127.0.0.1')
  const [error] = await once(plain, 'error')
  t.equal(error.code, 'EADDRINUSE')
  t.equal((await get(`${url}/who`)).status, 200)
  await first.threads.close({ graceMs: 0 })
  const next = threadsOf(t)
  t.equal((await next.threads.listen({ host: '127.0.0.1', port })).port, port, 'and then it is free')
})

t.test('threads that cannot begin refuse the start with what went wrong', async (t) => {
  const broken = threadsOf(t, 'broken')
  await t.rejects(broken.listen(), { message: 'broken' })
  t.match(broken.logged[0], { err: { message: 'broken' } })
  t.strictSame(broken.ends, [])
})
