import { createServer as createNetServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { realClock } from '../../clock.ts'
import { codes, StoreError } from '../../errors.ts'
import { type Caller, type CallerOptions, createCaller } from '../caller.ts'
import { echo, gate, serve, until } from './harness.ts'

function caller(t: Test, origin: string, options: Partial<CallerOptions> = {}): Caller {
  const made = createCaller({ origin, service: 'toy', ...options })
  t.teardown(() => made.close())
  return made
}

/** A server that does with a connection what it is told; `heard` is every byte that came. */
async function rawServer(t: Test, onData: (socket: Socket) => void): Promise<{ origin: string; heard: () => string }> {
  const sockets = new Set<Socket>()
  let text = ''
  const server = createNetServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk
      onData(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`, heard: () => text }
}

t.test('a call sends JSON and brings the reply', async (t) => {
  const headers: Record<string, string | undefined>[] = []
  const { url } = await serve(
    t,
    [
      {
        ...echo,
        internal: true,
        async handle(context) {
          const names = ['content-type', 'authorization', 'traceparent', 'x-deadline-ms', 'x-own']
          headers.push(Object.fromEntries(names.map((name) => [name, context.header(name)])))
          return { data: await context.body(), extra: { next: 'n' }, status: 201, headers: { 'x-reply': 'r' } }
        },
      },
      { method: 'GET', path: '/list', handle: () => ({ text: '[{"data":1}]', contentType: 'application/json' }) },
    ],
    { internalToken: 'token' },
  )
  const toys = caller(t, url, { token: 'token' })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const reply = await toys.call('POST', '/echo', { body: { a: 'ü' }, headers: { 'x-own': '1' }, traceparent })
  t.match(reply, { data: { a: 'ü' }, status: 201, headers: { 'x-reply': 'r' }, body: { next: 'n' } })
  const sent = {
    'content-type': 'application/json',
    authorization: 'Bearer token',
    traceparent,
    'x-deadline-ms': '3000',
    'x-own': '1',
  }
  t.same(headers.shift(), sent)

  await toys.call('POST', '/echo', { body: 1, deadline: realClock.elapsed() + 1_000 })
  const { traceparent: none, 'x-deadline-ms': left } = headers.shift() ?? {}
  t.equal(none, undefined)
  t.ok(Number(left) > 500 && Number(left) < 1_000, `left: ${left}`)
  t.match(await toys.call('GET', '/list'), { data: undefined, body: [{ data: 1 }] })
})

t.test("a refused token is the shop's own trouble, and nothing happened", async (t) => {
  const { url } = await serve(t, [
    {
      method: 'GET',
      path: '/',
      handle() {
        throw new StoreError('unauthorized', 'which token?')
      },
    },
  ])
  await t.rejects(caller(t, url).call('GET', '/'), { code: 'unavailable', message: /INTERNAL_TOKEN/ })
})

t.test('an error comes back as it was thrown, whatever its status', async (t) => {
  for (const errorsAs200 of [false, true]) {
    const { url } = await serve(t, [
      {
        method: 'GET',
        path: '/:code',
        errorsAs200,
        handle({ params }) {
          const code = codes.find((one) => one === params.code) ?? 'internal'
          throw new StoreError(code, `about ${code}`, { details: { key: 'k' } })
        },
      },
    ])
    const toys = caller(t, url)
    for (const code of codes.filter((one) => one !== 'unauthorized'))
      await t.rejects(toys.call('GET', `/${code}`), {
        name: 'StoreError',
        code,
        message: `about ${code}`,
        details: { key: 'k' },
      })
  }
})

t.test('an answer that cannot be read leaves the outcome unknown', async (t) => {
  const answers = [
    'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n<p>x',
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    'HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\n{}',
    'HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n{"error":"no"}',
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data":1}',
    'nonsense\r\n\r\n',
    '',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n{"data":1}\r\n',
  ]
  for (const answer of answers) {
    const { origin } = await rawServer(t, (socket) => socket.end(answer))
    await t.rejects(caller(t, origin).call('GET', '/'), { code: 'outcome_unknown' }, answer.slice(0, 60))
  }
})

t.test('a reply over 8 MiB is not taken', async (t) => {
  const text = (mebibytes: number): string => JSON.stringify({ data: 'x'.repeat(mebibytes * 1024 * 1024) })
  const { url } = await serve(t, [
    { method: 'GET', path: '/large', handle: () => ({ text: text(7), contentType: 'application/json' }) },
    { method: 'GET', path: '/too-large', handle: () => ({ text: text(8), contentType: 'application/json' }) },
  ])
  const toys = caller(t, url)
  t.equal((await toys.call('GET', '/large')).status, 200)
  await t.rejects(toys.call('GET', '/too-large'), { code: 'outcome_unknown' })
})

t.test('a neighbour that is not there is unavailable, for many calls at once too', async (t) => {
  const { url, server } = await serve(t, [])
  await server.close({ graceMs: 0 })
  const gone = { code: 'unavailable', message: 'the toy service cannot be reached' }
  const toys = caller(t, url, { connections: 4 })
  const calls = Array.from({ length: 100 }, () => toys.call('POST', '/', { body: 1 }))
  for (const call of calls) await t.rejects(call, gone)
  await t.rejects(caller(t, 'http://toys.invalid:1').call('GET', '/'), gone)
})

t.test('a reset after the request leaves the outcome unknown, and is not tried again', async (t) => {
  const { origin, heard } = await rawServer(t, (socket) => socket.resetAndDestroy())
  const toys = caller(t, origin)
  for (const method of ['GET', 'POST'] as const)
    await t.rejects(toys.call(method, '/once'), { code: 'outcome_unknown' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(heard().match(/\/once/g)?.length, 2)
})

t.test('a kept connection that the neighbour closes leaves the outcome unknown and is not tried again', async (t) => {
  let requests = 0
  const { origin, heard } = await rawServer(t, (socket) => {
    requests++
    if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"data":1}')
    else socket.destroy()
  })
  const toys = caller(t, origin)
  t.equal((await toys.call('GET', '/first')).data, 1)
  await t.rejects(toys.call('GET', '/second'), { code: 'outcome_unknown' })
  t.equal(heard().match(/\/second/g)?.length, 1)
})

t.test('a call without an answer ends in time, and the outcome is unknown', async (t) => {
  const { origin } = await rawServer(t, () => {})
  const toys = caller(t, origin, { timeoutMs: 100 })
  const before = realClock.elapsed()
  await t.rejects(toys.call('GET', '/'), { code: 'outcome_unknown', message: /toy service gave no answer/ })
  const slow = caller(t, origin)
  await t.rejects(slow.call('GET', '/', { deadline: realClock.elapsed() + 100 }), { code: 'outcome_unknown' })
  t.ok(realClock.elapsed() - before < 1_500)
})

t.test('a call whose body comes too slowly ends in time', async (t) => {
  const { origin } = await rawServer(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"da')
  })
  await t.rejects(caller(t, origin, { timeoutMs: 100 }).call('GET', '/'), { code: 'outcome_unknown' })
})

t.test('a call whose deadline is over is not sent', async (t) => {
  const { origin, heard } = await rawServer(t, () => {})
  const toys = caller(t, origin)
  const late = toys.call('GET', '/', { deadline: realClock.elapsed() - 1 })
  await t.rejects(late, { code: 'unavailable', message: /no time is left/ })
  t.equal(heard(), '')
})

t.test('a call that ends while it waits for a connection is never sent, and that is certain', async (t) => {
  const { passed, open } = gate()
  const paths: string[] = []
  const { url } = await serve(t, [
    {
      method: 'GET',
      path: '/:name',
      async handle({ params }) {
        paths.push(params.name ?? '')
        await passed
        return { data: params.name }
      },
    },
  ])
  const toys = caller(t, url, { connections: 1 })
  const first = toys.call('GET', '/first')
  await until(() => paths.length === 1)
  const waiting = ['a', 'b', 'c'].map((name) => toys.call('GET', `/${name}`, { deadline: realClock.elapsed() + 50 }))
  for (const call of waiting) await t.rejects(call, { code: 'unavailable' })
  open()
  t.equal((await first).data, 'first')
  t.equal((await toys.call('GET', '/last')).data, 'last')
  t.same(paths, ['first', 'last'])
})

t.test('a header that must not be sent is our own mistake', async (t) => {
  const { url } = await serve(t, [])
  await t.rejects(caller(t, url).call('GET', '/', { headers: { 'x-a': 'line\r\nbreak' } }), {
    code: 'UND_ERR_INVALID_ARG',
  })
})

t.test('a closed caller sends nothing', async (t) => {
  const { url } = await serve(t, [])
  const toys = createCaller({ origin: url, service: 'toy' })
  await toys.call('GET', '/livez')
  await toys.close()
  await t.rejects(toys.call('GET', '/livez'), { code: 'unavailable' })
})
