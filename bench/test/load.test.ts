import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { checkLoad, hasWrk, type Load } from '../load.ts'
import { runSessions } from '../sessions.ts'
import { runWrk } from '../wrk.ts'

/** Answers what `answer` says, and keeps what came. */
async function listening(t: Test, answer: (count: number) => number | 'cut') {
  const came: { method: string; url: string; type: string | undefined; body: string }[] = []
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    came.push({ method: request.method!, url: request.url!, type: request.headers['content-type'], body })
    const status = answer(came.length)
    if (status === 'cut') return void request.socket.destroy()
    response.statusCode = status
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, came }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

const buying: Load = {
  method: 'POST',
  requests: ['Tux', 'Fox'].map((name) => ({ path: '/orders', body: { name, quantity: 1 } })),
  status: 200,
}
const reading: Load = { method: 'GET', requests: [{ path: '/orders/1' }, { path: '/orders?before=9' }], status: 200 }

for (const [name, run] of [
  ['wrk', runWrk],
  ['sessions of our own', runSessions],
] as const) {
  const skip = name === 'wrk' && !hasWrk ? { skip: 'there is no wrk' } : {}

  t.test(`${name}: every request of the load is sent, with its body and its type`, skip, async (t) => {
    const { url, came } = await listening(t, () => 200)
    const round = await run(url, buying, 2, 1)
    const bodies = new Set(came.map(({ method, url, type, body }) => `${method} ${url} ${type} ${body}`))
    const of = (toy: string) => `POST /orders application/json {"name":"${toy}","quantity":1}`
    t.strictSame([...bodies].sort(), [of('Fox'), of('Tux')])
    t.ok(round.answers > 0 && round.answers <= came.length)
    t.equal(round.failed, 0)
    t.ok(round.p50Ms > 0 && round.p99Ms >= round.p50Ms)
  })

  t.test(`${name}: a request without a body is a plain one`, skip, async (t) => {
    const { url, came } = await listening(t, () => 200)
    await run(url, reading, 1, 1)
    const kinds = new Set(came.map(({ method, url, type, body }) => `${method} ${url} ${type} ${body}`))
    t.strictSame([...kinds].sort(), ['GET /orders/1 undefined ', 'GET /orders?before=9 undefined '])
  })

  t.test(`${name}: numbered requests are drawn by the seed, again and again`, skip, async (t) => {
    const drawn = async (seed: number) => {
      const { url, came } = await listening(t, () => 200)
      const requests = ['a', 'b'].map((item) => ({ path: `/items/{n}/${item}`, body: { unitCount: 1 } }))
      const load: Load = { method: 'POST', requests, numbered: 3, seed: () => seed, status: 200 }
      const { failed } = await run(url, load, 1, 1)
      t.equal(failed, 0)
      return came.map(({ url }) => url)
    }
    const [once, again, other] = [await drawn(7), await drawn(7), await drawn(8)]
    const all = [0, 1, 2].flatMap((n) => ['a', 'b'].map((item) => `/items/${n}/${item}`))
    t.strictSame([...new Set(once)].sort(), all)
    t.strictSame(once.slice(0, 50), again.slice(0, 50))
    t.notSame(once.slice(0, 50), other.slice(0, 50))
  })

  t.test(`${name}: answers with another status and cut connections have failed`, skip, async (t) => {
    const { url } = await listening(t, (count) => (count % 10 === 0 ? 503 : count % 15 === 0 ? 'cut' : 200))
    const { answers, failed } = await run(url, buying, 1, 1)
    t.ok(answers > 0)
    t.ok(failed >= Math.floor(answers / 9), `${failed} of ${answers}`)
  })

  t.test(`${name}: where a refusal is wanted, it counts`, skip, async (t) => {
    const { url } = await listening(t, () => 409)
    const { answers, failed } = await run(url, { ...buying, status: 409 }, 1, 1)
    t.ok(answers > 0)
    t.equal(failed, 0)
  })
}

t.test('a load that is answered with another refusal than the wanted one is told before it is measured', async (t) => {
  const { url } = await listening(t, () => 404)
  await t.rejects(checkLoad(url, { ...buying, status: 409 }), /answered 404, not 409/)
  await checkLoad(url, { ...buying, status: 404 })
})
