import t from 'tap'
import type { Context } from '../context.ts'
import type { Route } from '../routes.ts'
import { open, raw, serve } from './harness.ts'

const routes: Route[] = [
  { method: 'GET', path: '/known', handle: () => ({ data: 'known' }) },
  { method: 'POST', path: '/known', handle: () => ({ data: 'made', status: 201, headers: { location: '/known/1' } }) },
  { method: 'GET', path: '/toys/:name', handle: ({ params }) => ({ data: params.name }) },
  { method: 'GET', path: '/query', handle: ({ query }) => ({ data: query }) },
  { method: 'GET', path: '/page', handle: () => ({ data: [1], extra: { next: 'n' } }) },
  { method: 'GET', path: '/text', handle: () => ({ text: 'plain', contentType: 'text/plain' }) },
]
const data = async (response: Response): Promise<unknown> => ((await response.json()) as { data: unknown }).data

t.test('a route answers its path and method', async (t) => {
  const { url } = await serve(t, routes)
  const known = await fetch(`${url}/known?x=1`)
  t.same([known.status, known.headers.get('content-type'), await data(known)], [200, 'application/json', 'known'])
  const made = await fetch(`${url}/known`, { method: 'POST' })
  t.same([made.status, made.headers.get('location'), await data(made)], [201, '/known/1', 'made'])
  t.same(await (await fetch(`${url}/page`)).json(), { data: [1], next: 'n' })
  const text = await fetch(`${url}/text`)
  t.same(
    [text.headers.get('content-type'), text.headers.get('content-length'), await text.text()],
    ['text/plain', '5', 'plain'],
  )
})

t.test('a parameter is decoded once', async (t) => {
  const { url } = await serve(t, routes)
  for (const name of ['%41', 'a/b', 'Zauberwürfel 3×3', 'a+b', '__proto__', '?#', 'x'.repeat(4_000)])
    t.equal(await data(await fetch(`${url}/toys/${encodeURIComponent(name)}`)), name)
})

t.test('an escape that is not UTF-8 is refused in path and query', async (t) => {
  const { port } = await serve(t, routes)
  for (const uri of ['/toys/%zz', '/toys/%', '/toys/%E0%A4', '/query?a=%FF', '/nowhere/%zz']) {
    const answer = await raw(t, port, `GET ${uri} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    t.match(answer, /^HTTP\/1\.1 400 .*"reason":"bad_request"/s, uri)
  }
})

t.test('only a whole path matches', async (t) => {
  const { url } = await serve(t, routes)
  for (const path of ['/a/b/known', '/known/', '/known/x', '//known', '/Known', '/toys', '/toys/', '/toys/a/b', '/'])
    t.match(await (await fetch(url + path)).json(), { error: { code: 404, reason: 'not_found' } }, path)
})

t.test('a wrong method is told the right ones', async (t) => {
  const { url } = await serve(t, routes)
  const wrong = await fetch(`${url}/known`, { method: 'DELETE' })
  t.same([wrong.status, wrong.headers.get('allow')], [405, 'GET, HEAD, POST'])
  t.match(await wrong.json(), { error: { code: 405, reason: 'method_not_allowed' } })
  t.equal((await fetch(`${url}/toys/`, { method: 'DELETE' })).status, 404)
})

t.test('a repeated parameter of the query is an array, and a strange name an ordinary one', async (t) => {
  const { url } = await serve(t, routes)
  const query = await data(await fetch(`${url}/query?a=1&b=2&b=3&c=%2541+d&__proto__=p`))
  t.same(query, JSON.parse('{"a":"1","b":["2","3"],"c":"%41 d","__proto__":"p"}'))
})

t.test('HEAD is answered as GET without the body', async (t) => {
  const { port } = await serve(t, routes)
  const answer = await raw(t, port, 'HEAD /known HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n.*content-length: 16\r\n/s)
  t.ok(answer.endsWith('\r\n\r\n'))
})

t.test('pipelined requests are answered in their order', async (t) => {
  let first = true
  const slowFirst: Route = {
    method: 'GET',
    path: '/n/:n',
    async handle({ params }) {
      const wait = first ? 50 : 0
      first = false
      await new Promise((resolve) => setTimeout(resolve, wait))
      return { data: params.n }
    },
  }
  const { port } = await serve(t, [slowFirst])
  const { socket, heard, closed } = await open(t, port)
  socket.write(
    [1, 2, 3].map((n) => `GET /n/${n} HTTP/1.1\r\nHost: x\r\n${n === 3 ? 'Connection: close\r\n' : ''}\r\n`).join(''),
  )
  await closed
  t.same(heard().match(/"data":"\d"/g), ['"data":"1"', '"data":"2"', '"data":"3"'])
})

t.test('a handler learns of its caller what it asks for', async (t) => {
  const told: Context[] = []
  const { url } = await serve(t, [
    {
      method: 'GET',
      path: '/',
      handle(context) {
        told.push(context)
        return { data: [context.header('X-One'), context.remoteAddress, context.deadline !== undefined] }
      },
    },
  ])
  const came = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const full = await fetch(url, { headers: { 'x-one': '1', 'x-deadline-ms': '500', traceparent: came } })
  t.same(await data(full), ['1', '127.0.0.1', true])
  t.equal(told[0]?.traceparent, came)
  t.equal(told[0]?.knownTraceparent, came)

  t.same(await data(await fetch(url, { headers: { traceparent: 'nonsense' } })), [null, '127.0.0.1', false])
  t.equal(told[1]?.knownTraceparent, undefined)
  t.match(told[1]?.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  t.equal(told[1]?.knownTraceparent, told[1]?.traceparent)

  for (const bad of ['0', '-1', '1.5', '60001', '100000', 'soon', '1e3'])
    t.equal((await fetch(url, { headers: { 'x-deadline-ms': bad } })).status, 400, bad)
})

t.test('a deadline counts from the arrival of the request', async (t) => {
  const clock = { now: () => 0, elapsed: () => 1_000, after: () => () => {} }
  const { url } = await serve(t, [{ method: 'GET', path: '/', handle: ({ deadline }) => ({ data: deadline }) }], {
    clock,
  })
  t.equal(await data(await fetch(url, { headers: { 'x-deadline-ms': '60000' } })), 61_000)
})
