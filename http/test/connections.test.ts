import t from 'tap'
import type { Route } from '../routes.ts'
import { echo, gate, open, raw, serve, until } from './harness.ts'

const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle })
const hello = get('/hello', () => ({ data: 'hello' }))

t.test('a request line or header over its limit is refused', async (t) => {
  const { port } = await serve(t, [hello])
  const end = 'Host: x\r\nConnection: close\r\n\r\n'
  t.match(
    await raw(t, port, `GET /hello?${'x'.repeat(8_192)} HTTP/1.1\r\n${end}`),
    /^HTTP\/1\.1 414 .*"reason":"uri_too_long"/s,
  )
  const huge = `GET /hello HTTP/1.1\r\nX-Big: ${'x'.repeat(20_000)}\r\n${end}`
  t.match(await raw(t, port, huge), /^HTTP\/1\.1 431 .*connection: close.*"reason":"headers_too_large"/s)
})

t.test('what is no request is refused in the same form', async (t) => {
  const { port } = await serve(t, [hello])
  const bad = /^HTTP\/1\.1 400 Bad Request\r\n.*connection: close.*\r\n\r\n{"error":{"code":400,"reason":"bad_request"/s
  t.match(await raw(t, port, 'nonsense\r\n\r\n'), bad)
  t.match(
    await raw(t, port, 'GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'),
    bad,
  )
  t.match(await raw(t, port, 'GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400 .*Host/s)
})

t.test('nonsense behind a request does not take its answer away', async (t) => {
  const { passed, open: openGate } = gate()
  const slow = get('/slow', async () => {
    await passed
    return { data: 'slow' }
  })
  const { port, server } = await serve(t, [slow])
  const { socket, heard, closed } = await open(t, port)
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n')
  await until(() => server.inFlight === 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(heard(), '')
  openGate()
  await closed
  t.match(heard(), /^HTTP\/1\.1 200 .*connection: close.*"slow"}$/s)
})

t.test('half a request and then silence is ended with 408', async (t) => {
  const { port, server, logged } = await serve(t, [echo], { limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } })
  const late = /^HTTP\/1\.1 408 .*connection: close.*"reason":"request_timeout"/s
  t.match(await raw(t, port, 'POST /echo HTTP/1.1\r\nHost'), late)
  t.match(await raw(t, port, 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"1'), late)
  t.match(await raw(t, port, ''), late)
  await until(() => server.inFlight === 0)
  t.same(logged, [])
})

t.test('what comes behind a 408 begins nothing', async (t) => {
  let begun = 0
  const buy: Route = {
    method: 'POST',
    path: '/buy',
    async handle(context) {
      await context.body()
      return { data: ++begun }
    },
  }
  const look = get('/look', () => ({ data: ++begun }))
  const { port, server } = await serve(t, [buy, look], { limits: { headersTimeoutMs: 100, requestTimeoutMs: 200 } })
  const whole = 'POST /buy HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1'
  for (const sent of ['', 'POST /buy HT', whole.slice(0, -1)]) {
    const { socket, heard } = await open(t, port, { allowHalfOpen: true })
    socket.write(sent)
    await until(() => heard().includes('request_timeout'))
    socket.write(`${whole.slice(sent.length)}GET /look HTTP/1.1\r\nHost: x\r\n\r\n`)
    await new Promise((resolve) => setTimeout(resolve, 200))
    socket.destroy()
    t.equal(heard().split('HTTP/1.1 ').length, 2, 'one answer')
  }
  await until(() => server.inFlight === 0)
  t.equal(begun, 0)
})

t.test('a request that is here is no late one, however long this process was busy', async (t) => {
  const { port } = await serve(t, [echo], { limits: { headersTimeoutMs: 100, requestTimeoutMs: 100 } })
  const { socket, heard } = await open(t, port)
  await new Promise((resolve) => setTimeout(resolve, 20)) // the server has accepted it
  // Timers are next after this, and only then is anything read.
  setImmediate(() => {
    socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1')
    for (const end = performance.now() + 300; performance.now() < end; ) {}
  })
  await until(() => heard() !== '')
  t.match(heard(), /^HTTP\/1\.1 200 /)
})

t.test('a request that is under way without its body is answered with what becomes of it', async (t) => {
  const { passed, open: openGate } = gate()
  const slow: Route = {
    method: 'POST',
    path: '/slow',
    async handle() {
      await passed
      return { data: 'done' }
    },
  }
  const { port } = await serve(t, [slow], { limits: { headersTimeoutMs: 100, requestTimeoutMs: 100 } })
  const { socket, heard, closed } = await open(t, port)
  socket.write('POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1')
  await new Promise((resolve) => setTimeout(resolve, 400))
  openGate()
  await closed
  t.match(heard(), /^HTTP\/1\.1 200 .*connection: close.*"done"}$/s)
})

t.test('an idle connection is closed, and one whose client does not read its reply', async (t) => {
  const big = get('/big', () => ({ text: 'x'.repeat(30_000_000), contentType: 'text/plain' }))
  const { port } = await serve(t, [hello, big], { limits: { keepAliveTimeoutMs: 100, replyTimeoutMs: 100 } })
  t.match(await raw(t, port, 'GET /hello HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 200 .*hello"}$/s)
  const { socket, heard, closed } = await open(t, port)
  socket.pause()
  socket.write('GET /big HTTP/1.1\r\nHost: x\r\n\r\n')
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  socket.resume()
  await closed
  t.ok(heard().length < 30_000_000)
})

t.test('at the limit of connections the longest idle one makes room, and none that works', async (t) => {
  const { passed, open: openGate } = gate()
  const slow = get('/slow', async () => {
    await passed
    return { data: 'slow' }
  })
  const { port, server } = await serve(t, [slow, hello], { limits: { connectionsMax: 3 } })
  const first = await open(t, port)
  const second = await open(t, port)
  const third = await open(t, port)
  first.socket.write('GET /hello HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => first.heard().endsWith('"hello"}'))
  // The first was used last, so the second is now the longest idle.
  const fourth = await open(t, port)
  await second.closed
  const fifth = await open(t, port)
  await third.closed
  const sixth = await open(t, port)
  await first.closed
  const working = [fourth, fifth, sixth]
  for (const { socket } of working) socket.write('GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await until(() => server.inFlight === 3)
  const refused = await open(t, port)
  await refused.closed
  t.equal(refused.heard(), '')
  openGate()
  await Promise.all(working.map(({ closed }) => closed))
  for (const { heard } of working) t.match(heard(), /"slow"}$/)
  t.match(await raw(t, port, 'GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /hello/)
})
