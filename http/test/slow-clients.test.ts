import t from 'tap'
import { type Clock, realClock } from '../../clock.ts'
import type { Route } from '../routes.ts'
import { echo, open, raw, serve, until } from './harness.ts'

const get = (path: string, handle: Route['handle']): Route => ({ method: 'GET', path, handle })
const hello = get('/hello', () => ({ data: 'hello' }))
const ask = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const last = 'Connection: close\r\n'
const head = (bytes: number): string => `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`
const mebibyte = 1024 * 1024
let asked = 0
/** More than the kernel takes for a client that does not read. */
const big = get('/big', () => {
  asked++
  return { text: 'x'.repeat(16 * mebibyte), contentType: 'text/plain' }
})
/** Waits until so many have been answered, as far as their readers take it. */
async function answered(count: number): Promise<void> {
  await until(() => asked === count)
  await new Promise((resolve) => setImmediate(resolve))
}

t.test('who sends its body slowly keeps nobody out', async (t) => {
  const { port, url, server } = await serve(t, [echo, hello], { limits: { inFlightMax: 2 } })
  const slow = await Promise.all(Array.from({ length: 10 }, () => open(t, port)))
  for (const { socket } of slow) socket.write(`${head(3)}"`)
  await until(() => server.inFlight === 10)
  t.equal((await fetch(`${url}/hello`)).status, 200)
  t.equal(
    (await fetch(`${url}/echo`, { method: 'POST', body: '1', headers: { 'content-type': 'application/json' } })).status,
    200,
  )
  for (const { socket } of slow) socket.write('x"')
  await until(() => slow.every(({ heard }) => heard().endsWith('{"data":"x"}')))
})

t.test('when all their bodies are there, too many at once are refused all the same', async (t) => {
  let waiting: (() => void)[] = []
  const slow: Route = {
    method: 'POST',
    path: '/echo',
    async handle(context) {
      const data = await context.body()
      await new Promise<void>((resolve) => waiting.push(resolve))
      return { data }
    },
  }
  const { port } = await serve(t, [slow], { limits: { inFlightMax: 2 } })
  const clients = await Promise.all(Array.from({ length: 5 }, () => open(t, port)))
  for (const { socket } of clients) socket.write(`${head(3)}"`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  for (const { socket } of clients) socket.write('x"')
  const heard = () => clients.map((client) => client.heard()).join('')
  await until(() => heard().match(/HTTP\/1\.1 503 .*?retry-after: 1/gs)?.length === 3)
  t.equal(waiting.length, 2)
  for (const letOn of waiting.splice(0)) letOn()
  await until(() => heard().match(/HTTP\/1\.1 200/g)?.length === 2)
  waiting = []
})

t.test('over the limit of bodies on their way the slowest is refused, and the others are taken', async (t) => {
  const { port } = await serve(t, [echo], { limits: { unfinishedBytesMax: 30_000 } })
  const clients = []
  for (let index = 0; index < 3; index++) {
    const client = await open(t, port)
    client.socket.write(`${head(20_000)}"${'x'.repeat(9_000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    clients.push(client)
  }
  const [first, second, third] = clients as [(typeof clients)[0], (typeof clients)[0], (typeof clients)[0]]
  t.equal(first.heard(), '', 'three fit')
  third.socket.write('x'.repeat(5_000))
  await until(() => first.heard() !== '')
  t.match(
    first.heard(),
    /^HTTP\/1\.1 503 .*retry-after: 1.*"unavailable","message":"too many requests are on their way/s,
  )
  third.socket.write(`${'x'.repeat(20_000 - 14_002)}"`)
  second.socket.write(`${'x'.repeat(20_000 - 9_002)}"`)
  await until(() => [second, third].every(({ heard }) => /200 .*x"}$/s.test(heard())))
  first.socket.write(`${'x'.repeat(20_000 - 9_002)}"${ask('/none', last)}`)
  await first.closed
  t.match(first.heard(), /503.*404/s, 'the rest of its body is thrown away, and its connection is sound')
})

t.test('a body of many small pieces counts with what each piece costs', async (t) => {
  const { port } = await serve(t, [echo], { limits: { unfinishedBytesMax: 20_000 } })
  const { socket, heard } = await open(t, port)
  socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  socket.write('1\r\n1\r\n'.repeat(200))
  await until(() => heard() !== '')
  t.match(heard(), /^HTTP\/1\.1 503 /)
})

t.test('a body that is mostly framing is refused', async (t) => {
  const { port } = await serve(t, [echo], { limits: { bodyBytesMax: 1_000 } })
  const start = 'POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  const fits = await raw(t, port, `${start}${'1\r\n1\r\n'.repeat(300)}0\r\n\r\n`)
  t.match(fits, /^HTTP\/1\.1 200 /)
  const { socket, heard, closed } = await open(t, port)
  socket.write(start)
  for (let sent = 0; sent < 30; sent++)
    await new Promise((resolve) => socket.write(`1;${'e'.repeat(900)}\r\n1\r\n`, resolve))
  socket.write('0\r\n\r\n')
  await closed
  t.match(heard(), /^HTTP\/1\.1 413 .*"body_too_large"/s)
})

t.test(
  'a reply that is not taken to its end in time ends with its connection, and one that is has no such time',
  async (t) => {
    const replyTimeoutMs = 12_345
    const timers = new Set<() => void>()
    const clock: Clock = {
      ...realClock,
      after(ms, work) {
        if (ms !== replyTimeoutMs) return realClock.after(ms, work)
        timers.add(work)
        return () => timers.delete(work)
      },
    }
    const { port, url } = await serve(t, [big, hello], { limits: { replyTimeoutMs }, clock })
    t.equal((await (await fetch(`${url}/big`)).text()).length, 16 * mebibyte)
    t.equal((await fetch(`${url}/hello`)).status, 200)
    await until(() => timers.size === 0)

    const { socket, heard, closed } = await open(t, port)
    socket.pause()
    socket.write(ask('/big'))
    await until(() => timers.size === 1)
    for (const runOut of timers) runOut()
    socket.resume()
    await closed
    t.ok(heard().length < 16 * mebibyte)
  },
)

t.test('over the limit of replies not taken the slowest reader is closed, and the others get theirs', async (t) => {
  const { port } = await serve(t, [big, hello], { limits: { unreadBytesMax: 40 * mebibyte } })
  const clients = []
  asked = 0
  for (let index = 0; index < 3; index++) {
    const client = await open(t, port)
    client.socket.pause()
    client.socket.write(ask('/big', last))
    clients.push(client)
    await answered(index + 1)
  }
  for (const { socket } of clients) socket.resume()
  await Promise.all(clients.map(({ closed }) => closed))
  const whole = clients.map(({ heard }) => heard().length > 16 * mebibyte)
  t.strictSame(whole, [false, true, true])
})

t.test('at the limit of connections those make room who wait for nobody but their client', async (t) => {
  const { port, url, server } = await serve(t, [echo, big, hello], { limits: { connectionsMax: 2 } })
  const sending = await open(t, port)
  sending.socket.write(`${head(10)}"x`)
  await until(() => server.inFlight === 1)
  const reading = await open(t, port)
  reading.socket.pause()
  asked = 0
  reading.socket.write(ask('/big'))
  await answered(1)
  t.match(await raw(t, port, ask('/hello', last)), /hello/)
  await sending.closed
  t.equal(sending.heard(), '')
  const another = await open(t, port)
  another.socket.write(`${head(10)}"x`)
  await until(() => server.inFlight === 1)
  t.equal((await fetch(`${url}/hello`)).status, 200)
  reading.socket.resume()
  await reading.closed
  t.ok(reading.heard().length < 16 * mebibyte)
})
