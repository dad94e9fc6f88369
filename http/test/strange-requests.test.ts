import t from 'tap'
import type { Route } from '../routes.ts'
import { echo, gate, open, raw, serve, until } from './harness.ts'

const body = '{"a":1}'
const post = (head: string, { start = 'POST /echo HTTP/1.1', rest = body } = {}): string =>
  `${start}\r\nHost: x\r\n${head}\r\n${rest}`
const length = `Content-Length: ${body.length}\r\n`
const last = 'Connection: close\r\n'

t.test('an HTTP/1.0 client gets no 100 Continue', async (t) => {
  const { port } = await serve(t, [echo])
  const start = 'POST /echo HTTP/1.0'
  t.match(await raw(t, port, post(`Expect: 100-continue\r\n${length}`, { start })), /^HTTP\/1\.1 200 /)
  t.match(await raw(t, port, post(`Expect: 100-continue\r\n${length}${last}`)), /^HTTP\/1\.1 100 .*HTTP\/1\.1 200 /s)
})

t.test('a request line without a version is refused', async (t) => {
  const { port } = await serve(t, [echo])
  const answer = await raw(t, port, post(`${length}${last}`, { start: 'POST /echo' }))
  t.match(answer, /^HTTP\/1\.1 400 .*"reason":"bad_request"/s)
})

t.test('a request that breaks off behind another is refused in its turn, and not waited for', async (t) => {
  for (const { rest, ends } of [
    { rest: '3\r\n"aaaa\r\n', ends: false },
    { rest: '3\r\n"a', ends: true },
  ]) {
    const { passed, open: openGate } = gate()
    const slow: Route = { method: 'GET', path: '/slow', handle: async () => ({ data: await passed }) }
    const { port, server } = await serve(t, [echo, slow], {
      limits: { headersTimeoutMs: 3000, requestTimeoutMs: 3000 },
    })
    const { socket, heard, closed } = await open(t, port)
    const broken = post('Transfer-Encoding: chunked\r\n', { rest })
    socket.write(`GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${broken}`)
    if (ends) socket.end()
    await until(() => server.inFlight > 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    t.equal(heard(), '')
    openGate()
    await closed
    t.match(heard(), /^HTTP\/1\.1 200 .*\{"data":null\}HTTP\/1\.1 400 .*"reason":"bad_request"[^}]*\}\}$/s)
  }
})

t.test('behind a reply that says its connection closes, nothing is begun', async (t) => {
  let begun = 0
  const buy: Route = { method: 'POST', path: '/buy', handle: () => ({ data: ++begun }) }
  const look: Route = { method: 'GET', path: '/look', handle: async () => ({ data: 'seen' }) }
  const { port } = await serve(t, [buy, look])
  for (const fields of [
    'Expect: 100-continue\r\n',
    'Connection: upgrade\r\nUpgrade: websocket\r\n',
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
  ]) {
    const { socket, heard, closed } = await open(t, port)
    socket.write(`GET /look HTTP/1.1\r\nHost: x\r\n${fields}\r\n${post(length, { start: 'POST /buy HTTP/1.1' })}`)
    await closed
    t.match(heard(), /^HTTP\/1\.1 200 [^{]*connection: close\r\n[^{]*\{"data":"seen"\}$/is, fields)
  }
  t.equal(begun, 0)
})
