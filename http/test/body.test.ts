import t from 'tap'
import { parseJson } from '../body.ts'
import { echo, open, raw, serve } from './harness.ts'

const post = (
  url: string,
  body: string | Uint8Array<ArrayBuffer> | undefined,
  type = 'application/json',
): Promise<Response> => fetch(`${url}/echo`, { method: 'POST', body: body ?? null, headers: { 'content-type': type } })

t.test('what is wrong with a body is told', async (t) => {
  const { url } = await serve(t, [echo])
  const cases: [body: string | Uint8Array<ArrayBuffer>, message: RegExp][] = [
    ['', /a JSON body is needed/],
    [new Uint8Array([0x22, 0xff, 0x22]), /not UTF-8/],
    ['{"a":1,}', /not JSON: .*position 7/],
    ['{"a', /not JSON/],
    ['{"a":1,"b":2,"a":1}', /a field twice/],
    ['[{"x":{"a":1,"\\u0061":2}}]', /a field twice/],
    ['{"__proto__":1,"__proto__":2}', /a field twice/],
    ['['.repeat(33) + ']'.repeat(33), /deeper than 32/],
    ['{"a":'.repeat(40_000 / 5), /deeper than 32/],
  ]
  for (const [body, message] of cases) {
    const answer = await post(url, body)
    t.equal(answer.status, 400)
    t.match(await answer.json(), { error: { reason: 'bad_request', message } })
  }
})

t.test('a body comes in as it was sent', async (t) => {
  const { url } = await serve(t, [echo])
  const bodies = [
    '0',
    'null',
    '"a:b{[\\":\\\\"',
    '{"a:":{"b":":"},"c":[{"a":1},{"a":"ü€😀"}]}',
    '['.repeat(32) + ']'.repeat(32),
  ]
  for (const body of bodies) t.same(await (await post(url, body)).json(), { data: JSON.parse(body) })
})

t.test('a field named __proto__ is an ordinary one', async (t) => {
  const value = parseJson(Buffer.from('{"__proto__":{"admin":true},"constructor":1}')) as { admin?: boolean }
  t.same(Object.keys(value), ['__proto__', 'constructor'])
  t.equal(value.admin, undefined)
  t.equal(({} as { admin?: boolean }).admin, undefined)
})

t.test('a body is JSON by its type or has none', async (t) => {
  const { url, port } = await serve(t, [echo])
  for (const type of ['application/json', 'Application/JSON; charset=utf-8'])
    t.equal((await post(url, '1', type)).status, 200)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])
    t.match(await (await post(url, '1', type)).json(), { error: { code: 415, reason: 'unsupported_media_type' } })
  const head = 'POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n'
  t.match(await raw(t, port, `${head}\r\n7`), /^HTTP\/1\.1 200 .*{"data":7}$/s)
  t.match(await raw(t, port, `${head}Content-Encoding: gzip\r\n\r\n7`), /^HTTP\/1\.1 415 /)
})

t.test('a body whose head says that it is too large is refused before it comes', async (t) => {
  const { port } = await serve(t, [echo])
  const { socket, heard, closed } = await open(t, port)
  socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n')
  await new Promise((resolve) => socket.once('data', resolve))
  t.match(heard(), /^HTTP\/1\.1 413 .*connection: close.*"reason":"body_too_large".*65,536/s)
  await closed
})

t.test('a body that grows too large is refused, and its client can read so', async (t) => {
  const { port } = await serve(t, [echo], { limits: { bodyBytesMax: 1_000 } })
  const { socket, heard, closed } = await open(t, port)
  socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  // Reads nothing before all is written: a reset in the meantime would take the answer away.
  socket.pause()
  const chunk = `${(64 * 1024).toString(16)}\r\n${'x'.repeat(64 * 1024)}\r\n`
  for (let sent = 0; sent < 100; sent++) await new Promise((resolve) => socket.write(chunk, resolve))
  socket.write('0\r\n\r\n')
  socket.resume()
  await closed
  t.match(heard(), /^HTTP\/1\.1 413 .*connection: close.*"reason":"body_too_large"/s)
})

t.test('a chunked body has the same limit, to the byte', async (t) => {
  const { port } = await serve(t, [echo], { limits: { bodyBytesMax: 1_000 } })
  const chunked = (bytes: number): string =>
    `POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n"${'x'.repeat(bytes - 2)}"\r\n0\r\n\r\n`
  t.match(await raw(t, port, chunked(1_000)), /^HTTP\/1\.1 200 /)
  t.match(await raw(t, port, chunked(1_001)), /^HTTP\/1\.1 413 .*"body_too_large"/s)
})

t.test('a client that goes on sending after its 413 is cut off', async (t) => {
  const { port } = await serve(t, [echo], { limits: { bodyBytesMax: 1_000 } })
  const { socket, heard, closed } = await open(t, port)
  socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  const chunk = `400\r\n${'x'.repeat(0x400)}\r\n`
  const sending = setInterval(() => socket.write(chunk), 20)
  await closed
  clearInterval(sending)
  t.match(heard(), /^HTTP\/1\.1 413 /)
})

t.test('a route may take larger bodies than the others', async (t) => {
  const { url } = await serve(t, [{ ...echo, bodyBytesMax: 200_000 }])
  t.equal((await post(url, JSON.stringify('x'.repeat(199_998)))).status, 200)
  t.equal((await post(url, JSON.stringify('x'.repeat(199_999)))).status, 413)
})

t.test('a body at the limit is taken, also in pieces', async (t) => {
  const { port } = await serve(t, [echo], { limits: { bodyBytesMax: 10 } })
  const { socket, heard, closed } = await open(t, port)
  socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n"123')
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.write('45678"')
  await closed
  t.match(heard(), /{"data":"12345678"}$/)
})

t.test('a client that waits to be told gets its 100, or the refusal alone', async (t) => {
  const { port } = await serve(t, [echo])
  const head = 'POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n'
  const { socket, heard, closed } = await open(t, port)
  socket.write(`${head}Content-Length: 1\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  t.equal(heard(), 'HTTP/1.1 100 Continue\r\n\r\n')
  socket.write('7')
  await closed
  t.match(heard(), /HTTP\/1\.1 200 .*{"data":7}$/s)
  t.match(await raw(t, port, `${head}Content-Length: 70000\r\n\r\n`), /^HTTP\/1\.1 413 /)
})
