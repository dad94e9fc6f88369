import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { ask, booksOf, eventually } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const dataDir = dataDirOf(t)
const store = await startStore({ dataDir, t })
const { url } = store
const port = Number(new URL(url).port)

/** Sends `text` on a connection of its own and leaves it open. */
async function send(text: string): Promise<{ socket: Socket; heard: Promise<string> }> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const heard = new Promise<string>((resolve) => {
    let all = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      all += chunk
    })
    socket.on('error', () => {})
    socket.once('close', () => resolve(all))
  })
  await once(socket, 'connect')
  socket.write(text)
  return { socket, heard }
}

const request = (body: string, { head = '', bytes = body.length } = {}) =>
  `POST /orders HTTP/1.1\r\nhost: toys\r\n${head}content-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n${body}`

const before = await booksOf(url)
const began = performance.now()
const silent = {
  header: await send('POST /orders HTTP/1.1\r\nhost: toys\r\ncontent-'),
  body: await send(request('{"name":"Tux",', { bytes: 40 })),
  trickle: await send('GET /products/Tux HTTP/1.1\r\n'),
}
// A header that never ends, however busy its client is.
const drip = setInterval(() => silent.trickle.socket.write('x: y\r\n'), 500)
t.teardown(() => clearInterval(drip))

t.test('what is no HTTP is refused, and nothing changes', async (t) => {
  const body = '{"name":"Tux","quantity":1}'
  const rows: [string, string][] = [
    ['nonsense', 'hello\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['two lengths', request(body, { head: 'content-length: 3\r\n' })],
    ['a length that is none', `POST /orders HTTP/1.1\r\nhost: toys\r\ncontent-length: -1\r\n\r\n${body}`],
    ['a length and chunks', request(body, { head: 'transfer-encoding: chunked\r\n' })],
    ['a space before the colon', `POST /orders HTTP/1.1\r\nhost: toys\r\nx : y\r\ncontent-length: 27\r\n\r\n${body}`],
    ['no host', `POST /orders HTTP/1.1\r\nconnection: close\r\ncontent-length: 27\r\n\r\n${body}`],
  ]
  for (const [what, text] of rows) {
    const { heard } = await send(text)
    const answer = await heard
    t.match(answer, /^HTTP\/1\.1 400 .*\{"error":\{"code":400,"reason":"bad_request","message":"[^"]+"\}\}$/s, what)
    t.equal(answer.split('HTTP/1.1 400').length, 2, `${what}: one answer`)
  }
  t.strictSame(await booksOf(url), before)
})

t.test('10 MB in chunks are refused before their end', async (t) => {
  const head = 'POST /orders HTTP/1.1\r\nhost: toys\r\ntransfer-encoding: chunked\r\n\r\n'
  const { heard, socket } = await send(head)
  let sent = 0
  socket.on('error', () => {})
  for (; sent < 10_000_000 && socket.writable; sent += 10_000) {
    socket.write(`2710\r\n${'x'.repeat(10_000)}\r\n`)
    if (sent % 200_000 === 0) await pause(1)
  }
  t.match(await heard, /^HTTP\/1\.1 413 .*"reason":"body_too_large"/s)
  t.strictSame(await booksOf(url), before)
})

t.test('a client that goes away in the middle of its body bought nothing', async (t) => {
  for (const body of ['', '{"name":"Tux"', '{"name":"Tux","quantity":1']) {
    const { socket } = await send(request(body, { bytes: 27 }))
    await pause(20)
    socket.destroy()
  }
  await pause(100)
  t.strictSame(await booksOf(url), before)
})

t.test('a client that goes away in the middle of its purchase has bought once, or not', async (t) => {
  const clients = 60
  const body = '{"name":"Fox","quantity":1}'
  await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const { socket } = await send(request(body, { head: `idempotency-key: gone-${index}\r\n` }))
      await pause(index % 6)
      socket.resetAndDestroy()
    }),
  )
  t.equal((await buy(url, { name: 'Whale', quantity: 1 })).status, 200, 'another is served')
  const numbers = new Set<number>()
  for (let index = 0; index < clients; index++) {
    const { body: answer } = await buy(url, { name: 'Fox', quantity: 1 }, { key: `gone-${index}` })
    numbers.add((answer as { data: { order_number: number } }).data.order_number)
  }
  t.equal(numbers.size, clients)
  t.match((await ask(`${url}/products/Fox`)).body, { data: { quantity: 10_000 - clients } })
  t.match((await ask(`${url}/orders?limit=1`)).body, { data: [{ number: clients + 1 }] })
})

t.test('half a request and then silence ends with 408, and nobody waits for it', async (t) => {
  t.equal((await buy(url, { name: 'Whale', quantity: 1 })).status, 200)
  const timeOut = /^HTTP\/1\.1 408 .*"reason":"request_timeout","message":"the request did not arrive in time"/s
  t.match(await silent.header.heard, timeOut)
  t.match(await silent.trickle.heard, timeOut)
  t.ok(performance.now() - began < 8000, 'a header has 5 s')
  t.match(await silent.body.heard, timeOut)
  t.ok(performance.now() - began < 13_000, 'a body has 10 s')
  t.match((await ask(`${url}/products/Tux`)).body, { data: { quantity: 10_000 } })
})

t.test('after all that the store stops in order and its books balance', async (t) => {
  await eventually(async () => (await ask(`${url}/readyz`)).status === 200)
  t.equal(await store.stop(), 0)
  t.match(await verifyFiles(dataDir), { orders: 62, reserved: 0, differences: { length: 0 } })
})
