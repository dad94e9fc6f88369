import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { type Clock, realClock } from '../../clock.ts'
import { eventText, heartbeatMs } from '../event-stream.ts'
import type { Route } from '../routes.ts'
import { open, serve, until } from './harness.ts'
import { stream } from './streams.ts'

const ask = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const hello: Route = { method: 'GET', path: '/hello', handle: () => ({ data: 'hello' }) }

/** Real time in which the timers of one length are run by hand. */
function clockWith(heldMs: number): { clock: Clock; run: () => void } {
  const held = new Set<() => void>()
  const clock: Clock = {
    ...realClock,
    after(ms, work) {
      if (ms !== heldMs) return realClock.after(ms, work)
      held.add(work)
      return () => held.delete(work)
    },
  }
  const run = (): void => {
    for (const work of [...held]) {
      held.delete(work)
      work()
    }
  }
  return { clock, run }
}

t.test('a stream tells events as they come, and is no request in flight', async (t) => {
  const { route, tell, senders } = stream()
  const { port, server } = await serve(t, [route, hello], { limits: { inFlightMax: 1 } })
  const { socket, heard } = await open(t, port)
  socket.write(ask('/events'))
  await until(() => heard().includes('"at":1'))
  t.match(heard(), /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\n.*connection: close\r\n/s)
  t.equal(server.inFlight, 0)
  tell(eventText('change', { name: 'Größe\u2028' }))
  await until(() => heard().includes('event: change\ndata: {"name":"Größe\u2028"}\n\n'))
  socket.destroy()
  await until(() => senders.size === 0)
  tell('nobody hears it')
})

t.test('no time that is set to ordinary replies ends a quiet stream', async (t) => {
  const { route, tell } = stream()
  const limits = { keepAliveTimeoutMs: 50, headersTimeoutMs: 50, requestTimeoutMs: 50, replyTimeoutMs: 50 }
  const { port } = await serve(t, [route], { limits })
  const { socket, heard } = await open(t, port)
  socket.write(ask('/events'))
  await until(() => heard().includes('"at":1'))
  await pause(500)
  t.notOk(heard().includes('\n:\n'), 'it was quiet')
  tell(eventText('change', 'still here'))
  await until(() => heard().includes('still here'))
})

t.test('a quiet stream says a comment every few seconds', async (t) => {
  const { clock, run } = clockWith(heartbeatMs)
  const { route } = stream()
  const { port } = await serve(t, [route], { clock })
  const { socket, heard } = await open(t, port)
  socket.write(ask('/events'))
  await until(() => heard().includes('"at":1'))
  for (let times = 1; times <= 3; times++) {
    run()
    await until(() => heard().split('\r\n:\n\n\r\n').length === times + 1)
  }
})

t.test('closing the server ends its streams at once, one whose reader stands still too', async (t) => {
  const { route, senders, tell } = stream()
  const { port, server } = await serve(t, [route])
  const sockets: Socket[] = []
  const note = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket)
  subscribe('http.server.request.start', note)
  t.teardown(() => unsubscribe('http.server.request.start', note))
  const waits = (client: { socket: Socket }): boolean =>
    sockets.some(({ remotePort, writableLength }) => remotePort === client.socket.localPort && writableLength > 0)
  const clients = [await open(t, port), await open(t, port)]
  for (const { socket } of clients) socket.write(ask('/events'))
  await until(() => senders.size === 2)
  clients[1]!.socket.pause()
  let sent = 0
  for (; !waits(clients[1]!); sent++) {
    tell(eventText('change', 'x'.repeat(100_000)))
    await until(() => clients[0]!.heard().length > (sent + 1) * 100_000)
  }
  await until(() => !waits(clients[0]!))
  t.equal(senders.size, 2, 'none was cut')
  const began = performance.now()
  await server.close({ graceMs: 30_000 })
  t.ok(performance.now() - began < 10_000)
  await clients[0]!.closed
  t.match(clients[0]!.heard(), /\r\n0\r\n\r\n$/, 'whole to its end')
  await until(() => senders.size === 0)
})

t.test('a reader who does not keep up is cut, and the others hear everything', async (t) => {
  const { route, senders, tell } = stream()
  const { port } = await serve(t, [route])
  const [slow, quick] = [await open(t, port), await open(t, port)]
  for (const { socket } of [slow, quick]) socket.write(ask('/events'))
  await until(() => senders.size === 2)
  slow.socket.pause()
  const event = eventText('change', 'x'.repeat(1_000_000))
  let sent = 0
  for (; senders.size === 2; sent++) {
    if (sent === 40) throw new Error('the slow reader is never cut')
    tell(event)
    await until(() => quick.heard().split('event: change').length === sent + 2)
  }
  tell(eventText('last', sent))
  await until(() => quick.heard().includes(`event: last\ndata: ${sent}\n\n`))
  t.equal(senders.size, 1)
  slow.socket.resume()
  await slow.closed
})

t.test('what streams have not sent counts among the replies that nobody takes', async (t) => {
  const { route, senders, tell } = stream()
  const { port } = await serve(t, [route], { limits: { unreadBytesMax: 700_000 } })
  const clients = [await open(t, port), await open(t, port), await open(t, port)]
  for (const { socket } of clients) {
    const before = senders.size
    socket.pause()
    socket.write(ask('/events'))
    await until(() => senders.size === before + 1)
  }
  for (let sent = 0; senders.size === 3; sent++) {
    if (sent === 400) throw new Error('none is ever cut')
    tell(eventText('change', 'x'.repeat(100_000)))
    await pause(5)
  }
  t.equal(senders.size, 2, 'only one, long before each by itself would be')
})

t.test('at the limit of connections a stream makes room', async (t) => {
  const { route, senders } = stream()
  const { port, url } = await serve(t, [route, hello], { limits: { connectionsMax: 1 } })
  const { socket, closed } = await open(t, port)
  socket.write(ask('/events'))
  await until(() => senders.size === 1)
  t.equal((await fetch(`${url}/hello`)).status, 200)
  await closed
  await until(() => senders.size === 0)
})

t.test('behind a stream nothing is begun: whoever sends more is cut', async (t) => {
  let asked = 0
  const counted: Route = { ...hello, handle: () => ({ data: ++asked }) }
  const { route, senders } = stream()
  const { port } = await serve(t, [route, counted])
  const packet = await open(t, port)
  packet.socket.write(ask('/events') + ask('/hello'))
  await packet.closed
  const later = await open(t, port)
  later.socket.write(ask('/events'))
  await until(() => later.heard().includes('"at":1'))
  later.socket.write(ask('/hello'))
  await later.closed
  const garbage = await open(t, port)
  garbage.socket.write(ask('/events'))
  await until(() => garbage.heard().includes('"at":1'))
  garbage.socket.write('nonsense\r\n\r\n')
  await garbage.closed
  await until(() => senders.size === 0)
  t.equal(asked, 0)
})

t.test('HEAD gets the head of a stream alone, and one that begins while the server closes ends at once', async (t) => {
  const { route, senders } = stream()
  let letOn = (): void => {}
  const late: Route = {
    ...route,
    path: '/late',
    handle: async (context) => {
      await new Promise<void>((resolve) => {
        letOn = resolve
      })
      return route.handle(context)
    },
  }
  const { port, server } = await serve(t, [route, late])
  const { socket, heard, closed } = await open(t, port)
  socket.write(ask('/events').replace('GET', 'HEAD'))
  await closed
  t.match(heard(), /^HTTP\/1\.1 200 .*text\/event-stream.*\r\n\r\n$/s)
  const other = await open(t, port)
  other.socket.write(ask('/late'))
  await until(() => server.inFlight === 1)
  const ending = server.close({ graceMs: 30_000 })
  letOn()
  await Promise.all([ending, other.closed])
  t.match(other.heard(), /^HTTP\/1\.1 200 /)
  t.equal(senders.size, 0)
})

t.test('a handler that fails as its stream begins ends it', async (t) => {
  const failing: Route = {
    method: 'GET',
    path: '/events',
    handle: () => ({
      events() {
        throw new Error('no events today')
      },
    }),
  }
  const { port, logged } = await serve(t, [failing])
  const { socket, closed } = await open(t, port)
  socket.write(ask('/events'))
  await closed
  await until(() => logged.length === 1)
  t.match(logged, [{ msg: 'request failed', err: { message: 'no events today' } }])
})
