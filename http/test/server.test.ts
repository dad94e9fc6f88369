import { pino } from 'pino'
import t from 'tap'
import { StoreError } from '../../errors.ts'
import type { Route } from '../routes.ts'
import { createServer } from '../server.ts'
import { echo, gate, open, serve, until } from './harness.ts'

const get = (path: string, handle: Route['handle'], more: Partial<Route> = {}): Route => ({
  method: 'GET',
  path,
  handle,
  ...more,
})
const hello = get('/hello', () => ({ data: 'hello' }))
const fails = (error: unknown): Route['handle'] => {
  return () => {
    throw error
  }
}

t.test('what a handler throws is answered, whatever it is', async (t) => {
  const routes = [
    get('/ours', fails(new StoreError('out_of_stock', 'none left', { details: { toy: 'robot' } }))),
    get('/error', fails(new Error('secret'))),
    get('/string', fails('secret')),
    get('/nothing', fails(undefined)),
    get('/null', fails(null)),
    get('/unwritable', () => ({ data: 1n })),
    get('/bad-header', () => ({ data: 1, headers: { 'x-a': 'line\r\nbreak' } })),
    get('/unavailable', fails(new StoreError('unavailable', 'later'))),
  ]
  const { url, logged } = await serve(t, routes)
  const ours = await fetch(`${url}/ours`)
  t.equal(ours.status, 409)
  t.same(await ours.json(), { error: { code: 409, reason: 'out_of_stock', message: 'none left', toy: 'robot' } })
  t.same(logged, [])

  for (const path of ['/error', '/string', '/nothing', '/null', '/unwritable', '/bad-header']) {
    const answer = await fetch(`${url}${path}?q=secret`)
    t.equal(answer.status, 500, path)
    t.same(await answer.json(), { error: { code: 500, reason: 'internal', message: 'internal error' } })
    const line = logged.pop()
    t.equal(line?.path, path)
    t.match(line, { level: 50, method: 'GET', status: 500, err: { stack: /./ }, traceparent: /^00-/ })
  }
  const unavailable = await fetch(`${url}/unavailable`)
  t.same([unavailable.status, unavailable.headers.get('retry-after')], [503, '1'])
  t.match(logged, [{ level: 40, status: 503, reason: 'later' }])
  t.equal(logged.length, 1)
})

t.test('each request has a line at debug only', async (t) => {
  const quiet = await serve(t, [hello])
  await fetch(`${quiet.url}/hello`)
  t.same(quiet.logged, [])
  const wordy = await serve(t, [hello], { level: 'debug' })
  await fetch(`${wordy.url}/hello?q=secret`)
  await until(() => wordy.logged.length > 0)
  t.match(wordy.logged, [{ method: 'GET', path: '/hello', status: 200, msg: 'request' }])
})

t.test('a request of over a second is logged', async (t) => {
  let elapsed = 0
  const clock = { now: () => 0, elapsed: () => elapsed, after: () => () => {} }
  const slow = get('/slow', () => {
    elapsed += 1_001
    return { data: 1 }
  })
  const { url, logged } = await serve(t, [slow], { clock })
  await fetch(`${url}/slow`)
  await until(() => logged.length > 0)
  t.match(logged, [{ level: 30, path: '/slow', ms: 1_001 }])
})

t.test('errors of a marked route come with status 200 and the same body', async (t) => {
  const error = new StoreError('product_not_found', 'no such toy')
  const { url } = await serve(t, [get('/old', fails(error), { errorsAs200: true }), get('/new', fails(error))])
  const [old, now] = await Promise.all([fetch(`${url}/old`), fetch(`${url}/new`)])
  t.same([old.status, now.status], [200, 404])
  const body = { error: { code: 404, reason: 'product_not_found', message: 'no such toy' } }
  t.same([await old.json(), await now.json()], [body, body])
})

t.test('an internal route asks for the token, where there is one', async (t) => {
  const routes = [get('/inside', () => ({ data: 1 }), { internal: true }), hello]
  const { url } = await serve(t, routes, { internalToken: 'tökén' })
  const ask = (authorization?: string): Promise<Response> =>
    fetch(`${url}/inside`, authorization === undefined ? {} : { headers: { authorization } })
  for (const wrong of [undefined, 'Bearer', 'Bearer ', 'Bearer token', 'Basic t', 'Bearer xxxxxxx']) {
    const answer = await ask(wrong)
    t.same([answer.status, answer.headers.get('www-authenticate')], [401, 'Bearer'], String(wrong))
    t.match(await answer.json(), { error: { reason: 'unauthorized' } })
  }
  t.equal((await fetch(`${url}/hello`)).status, 200)

  const plain = await serve(t, routes, { internalToken: 'token' })
  t.equal((await fetch(`${plain.url}/inside`, { headers: { authorization: 'Bearer token' } })).status, 200)
  const open = await serve(t, routes)
  t.equal((await fetch(`${open.url}/inside`)).status, 200)
})

t.test('health checks say whether the service lives and is ready', async (t) => {
  let why: string | undefined = 'still reading'
  const { url, logged } = await serve(t, [], { ready: () => why, limits: { inFlightMax: 0 } })
  t.same(await (await fetch(`${url}/livez`)).json(), { data: { status: 'live' } })
  const not = await fetch(`${url}/readyz`)
  t.same([not.status, not.headers.get('retry-after')], [503, '1'])
  t.match(await not.json(), { error: { reason: 'unavailable', message: 'still reading' } })
  why = undefined
  t.same(await (await fetch(`${url}/readyz`)).json(), { data: { status: 'ready' } })
  t.same(logged, [])
})

t.test('one request in flight too many is refused at once', async (t) => {
  const { passed, open: openGate } = gate()
  const slow = get('/slow', async () => {
    await passed
    return { data: 1 }
  })
  const { url, server, logged } = await serve(t, [slow, hello], { limits: { inFlightMax: 2 } })
  const held = [fetch(`${url}/slow`), fetch(`${url}/slow`)]
  await until(() => server.inFlight === 2)
  for (let n = 0; n < 3; n++) {
    const refused = await fetch(`${url}/hello`)
    t.same([refused.status, refused.headers.get('retry-after')], [503, '1'])
    t.match(await refused.json(), { error: { reason: 'unavailable' } })
  }
  t.equal(logged.length, 1, 'refusals are not logged one by one')
  openGate()
  t.same(
    (await Promise.all(held)).map(({ status }) => status),
    [200, 200],
  )
  t.equal((await fetch(`${url}/hello`)).status, 200)
  t.equal(server.inFlight, 0)
})

t.test('a client that goes away disturbs nobody, and its handler runs to its end', async (t) => {
  const { passed, open: openGate } = gate()
  let ended = false
  const slow = get('/slow', async () => {
    await passed
    ended = true
    return { data: 1 }
  })
  const { port, url, server, logged } = await serve(t, [slow, echo, hello])
  const waiting = await open(t, port)
  waiting.socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  const sending = await open(t, port)
  sending.socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"1')
  await until(() => server.inFlight === 2)
  waiting.socket.resetAndDestroy()
  sending.socket.resetAndDestroy()
  await until(() => server.inFlight === 1)
  openGate()
  await until(() => server.inFlight === 0)
  t.equal(ended, true)
  t.equal((await fetch(`${url}/hello`)).status, 200)
  t.same(logged, [])
})

t.test('a handler that asks for the body of a client that has gone is told so', async (t) => {
  const { passed, open: openGate } = gate()
  const late: Route = {
    method: 'POST',
    path: '/late',
    async handle(context) {
      await passed
      return { data: await context.body() }
    },
  }
  const { port, server, logged } = await serve(t, [late])
  const { socket } = await open(t, port)
  socket.write('POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"1')
  await until(() => server.inFlight === 1)
  socket.resetAndDestroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  openGate()
  await until(() => server.inFlight === 0)
  t.same(logged, [])
})

t.test('an orderly close finishes what is in flight and closes what is idle', async (t) => {
  const { passed, open: openGate } = gate()
  const slow = get('/slow', async () => {
    await passed
    return { data: 'slow' }
  })
  const { port, server } = await serve(t, [slow, hello])
  const idle = await open(t, port)
  const used = await open(t, port)
  used.socket.write('GET /hello HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => used.heard().endsWith('"hello"}'))
  const busy = await open(t, port)
  busy.socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => server.inFlight === 1)

  let done = false
  const closing = server.close({ graceMs: 5_000 }).then(() => {
    done = true
  })
  await Promise.all([idle.closed, used.closed])
  busy.socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
  await t.rejects(fetch(`http://127.0.0.1:${port}/hello`))
  t.equal(done, false)
  openGate()
  await Promise.all([closing, busy.closed])
  t.match(busy.heard(), /"slow"}HTTP.*connection: close.*"reason":"unavailable","message":"the service is stopping"/s)
  t.equal(server.close({ graceMs: 0 }), server.close({ graceMs: 0 }))
})

t.test('a close cuts off what is not done in time', async (t) => {
  const never = get('/never', () => new Promise(() => {}))
  const { port, server } = await serve(t, [never])
  const { socket, heard, closed } = await open(t, port)
  socket.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => server.inFlight === 1)
  await server.close({ graceMs: 50 })
  await closed
  t.equal(heard(), '')
})

t.test('a close waits for a handler whose client has gone', async (t) => {
  const { passed, open: openGate } = gate()
  let ended = false
  const slow = get('/slow', async () => {
    await passed
    ended = true
    return { data: 1 }
  })
  const { port, server } = await serve(t, [slow])
  const { socket } = await open(t, port)
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => server.inFlight === 1)
  socket.destroy()
  setTimeout(openGate, 50)
  await server.close({ graceMs: 5_000 })
  t.equal(ended, true)
})

t.test('two routes of one path and method are refused', async (t) => {
  t.throws(() => createServer({ routes: [hello, hello], log: pino({ level: 'silent' }) }))
})
