import t from 'tap'
import type { Route } from '../routes.ts'
import { echo, gate, open, raw, serve, until } from './harness.ts'

const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle })
const hello = get('/hello', () => ({ data: 'hello' }))
const ask = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const last = 'Connection: close\r\n'
const post = (body: string, more = ''): string =>
  `POST /echo HTTP/1.1\r\nHost: x\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`

/** A handler that counts its calls and waits to be let on, each time. */
function held() {
  const seen: string[] = []
  const gates: (() => void)[] = []
  const route = get('/held/:name', async ({ params }) => {
    seen.push(params.name!)
    await new Promise<void>((resolve) => gates.push(resolve))
    return { data: params.name }
  })
  return { seen, route, letOn: () => gates.shift()?.() }
}

t.test('requests of one connection are handled one after another, in their order', async (t) => {
  const { seen, route, letOn } = held()
  const { port, server } = await serve(t, [route, echo, hello])
  const { socket, heard, closed } = await open(t, port)
  socket.write(`${ask('/held/a')}${post('"b"')}${ask('/held/c', last)}`)
  await until(() => seen.length === 1)
  t.equal(server.inFlight, 1, 'who waits behind is not in flight')
  t.match(await raw(t, port, ask('/hello', last)), /hello/, 'others go on')
  letOn()
  await until(() => seen.length === 2 && heard().endsWith('"b"}'))
  t.match(heard(), /"a"}.*"b"}$/s)
  letOn()
  await closed
  t.match(heard(), /"a"}.*"b"}.*"c"}$/s)
  t.strictSame(seen, ['a', 'c'])
})

t.test('a thousand requests in one packet are all answered, in their order', async (t) => {
  const name = get('/name/:name', async ({ params }) => ({ data: params.name }))
  const { port } = await serve(t, [name], { limits: { inFlightMax: 1 } })
  const packet = Array.from({ length: 1000 }, (_, index) => ask(`/name/${index}`, index === 999 ? last : '')).join('')
  const answers = (await raw(t, port, packet)).matchAll(/"data":"(\d+)"/g)
  t.strictSame(
    [...answers].map(([, index]) => Number(index)),
    Array.from({ length: 1000 }, (_, index) => index),
  )
})

t.test('bodies among them come whole, also where the packet ends in the middle of one', async (t) => {
  const { seen, route, letOn } = held()
  const { port } = await serve(t, [route, echo])
  const { socket, heard, closed } = await open(t, port)
  const large = JSON.stringify('x'.repeat(60_000))
  const last4 = post('"end"', last)
  const text = `${ask('/held/a')}${post(large)}${post(large)}${post(large)}${last4}`
  socket.write(text.slice(0, -10))
  await until(() => seen.length === 1)
  letOn()
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.write(text.slice(-10))
  await closed
  t.equal(heard().match(/HTTP\/1\.1 200/g)?.length, 5)
  t.equal(heard().match(/x{60000}/g)?.length, 3)
  t.match(heard(), /"end"}$/)
})

t.test('while some wait their turn no more is read', async (t) => {
  const { seen, route, letOn } = held()
  const { port } = await serve(t, [route, hello])
  const { socket, heard } = await open(t, port)
  socket.write(`${ask('/held/a')}${ask('/hello')}`)
  await until(() => seen.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  // More than the kernel keeps for a reader who stands still.
  let taken = 0
  const flood = Buffer.from(ask('/hello', `X: ${'x'.repeat(8000)}\r\n`))
  for (let sent = 0; sent < 4000; sent++) socket.write(flood, () => taken++)
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.ok(taken < 4000, `${taken} of 4,000 were taken`)
  letOn()
  await until(() => heard().match(/"hello"/g)?.length === 4001)
})

t.test('bodies that are read do not let more in than their connection can answer', async (t) => {
  const { seen, route, letOn } = held()
  const limits = { pipelinedMax: 2_000 }
  const { port } = await serve(t, [route, echo], { limits })
  const { socket, heard, closed } = await open(t, port)
  // Far more in all than may wait, and 650 in a packet: only who stops reading takes it all.
  socket.write(post('1').repeat(20_000) + ask('/held/a', last))
  await until(() => seen.length === 1)
  letOn()
  await closed
  t.equal(heard().match(/"data":1}/g)?.length, 20_000)
})

t.test('over the limit of waiting requests the connection that brings more is closed, and nobody else', async (t) => {
  const { seen, route, letOn } = held()
  const { port, server } = await serve(t, [route, hello], { limits: { pipelinedMax: 50 } })
  const modest = await open(t, port)
  modest.socket.write(ask('/held/a') + ask('/hello').repeat(30))
  await until(() => seen.length === 1)
  const greedy = await open(t, port)
  greedy.socket.write(ask('/held/b') + ask('/held/never').repeat(30))
  await greedy.closed
  t.equal(greedy.heard(), '')
  t.match(await raw(t, port, ask('/hello', last)), /hello/)
  letOn()
  await until(() => modest.heard().match(/"hello"/g)?.length === 30)
  letOn()
  await until(() => server.inFlight === 0)
  t.strictSame(seen, ['a', 'b'], 'what waited on the closed one was not begun')
  const again = await open(t, port)
  again.socket.write(ask('/hello').repeat(50) + ask('/hello', last))
  await again.closed
  t.equal(again.heard().match(/"hello"/g)?.length, 51, 'there is room again')
})

t.test('nothing behind a refusal that closes is begun', async (t) => {
  let began = 0
  const counting: Route = { ...echo, handle: async (context) => ({ data: [++began, await context.body()] }) }
  const { port } = await serve(t, [counting])
  const chunked = '1\r\n7\r\n0\r\n\r\n'
  const first = [
    `POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
    `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n${chunked}`,
    'GET /nothing HTTP/1.1\r\n\r\n',
  ]
  for (const text of first) {
    const answer = await raw(t, port, text + post('1'))
    t.match(answer, /^HTTP\/1\.1 40[04] .*connection: close/s)
    t.equal(answer.match(/HTTP\/1\.1 \d/g)?.length, 1)
  }
  t.equal(began, 0)
})

t.test('half a request behind others is refused after their answers', async (t) => {
  const { seen, route, letOn } = held()
  const { port, server } = await serve(t, [route, echo])
  const { socket, heard, closed } = await open(t, port)
  socket.write(`${ask('/held/a')}POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`)
  await until(() => seen.length === 1)
  t.equal(heard(), '')
  letOn()
  await closed
  t.match(heard(), /"a"}HTTP\/1\.1 400 .*connection: close.*"bad_request"/s)
  t.equal(server.inFlight, 0)
})

t.test('CONNECT is refused, and takes no answer from a request before it', async (t) => {
  const { port } = await serve(t, [hello])
  const connect = 'CONNECT toys:80 HTTP/1.1\r\nHost: toys:80\r\n\r\n'
  const refused = await raw(t, port, connect + ask('/hello'))
  t.match(refused, /^HTTP\/1\.1 400 .*connection: close.*"bad_request","message":"this server is no proxy"}}$/s)
  const { passed, open: openGate } = gate()
  const slow = get('/slow', () => passed.then(() => ({ data: 'slow' })))
  const other = await serve(t, [slow])
  const { socket, heard, closed } = await open(t, other.port)
  socket.write(ask('/slow') + connect)
  await until(() => other.server.inFlight === 1)
  openGate()
  await closed
  t.match(heard(), /^HTTP\/1\.1 200 .*"slow"}$/s)
})
