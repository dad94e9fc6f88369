/** Requests that try to be read as two things, or as something else than they are, on raw sockets to a whole store. */
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { booksOf } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const dataDir = dataDirOf(t)
const store = await startStore({ dataDir, t })
const { url } = store
const port = Number(new URL(url).port)

const body = '{"name":"Tux","quantity":1}'
const json = 'content-type: application/json\r\n'
/** A purchase that must not take place where it stands behind a refusal. */
const purchase = `POST /orders HTTP/1.1\r\nhost: toys\r\n${json}content-length: ${body.length}\r\n\r\n${body}`
const chunks = `1b\r\n${body}\r\n0\r\n\r\n`
const head = (fields: string, line = 'POST /orders HTTP/1.1') => `${line}\r\nhost: toys\r\n${json}${fields}\r\n`
const chunked = (text: string) => `${head('transfer-encoding: chunked\r\n')}${text}${purchase}`
const coded = (field: string) => `${head(field)}${chunks}${purchase}`
const look = (target: string, more = '') => `GET ${target} HTTP/1.1\r\nhost: toys\r\nconnection: close\r\n${more}\r\n`

/** All that came back on a connection of its own until the store closed it. */
function heardOf(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')))
    const late = setTimeout(() => reject(new Error(`not closed: ${JSON.stringify(all)}`)), 20_000)
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      all += chunk
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      clearTimeout(late)
      resolve(all)
    })
  })
}

const statuses = (heard: string) => [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** Each is refused once, in the store's form, its connection closed, and nothing is bought; another client is served. */
async function refused(t: Test, rows: Readonly<Record<string, string>>, status = 400): Promise<void> {
  const before = await booksOf(url)
  for (const [what, text] of Object.entries(rows)) {
    const heard = await heardOf(text)
    t.strictSame(statuses(heard), [status], what)
    t.match(heard, /connection: close/i, what)
    t.match(heard, /\{"error":\{"code":\d+,"reason":"[a-z_]+","message":"[^"]+"[^{}]*\}\}$/, what)
  }
  t.strictSame(await booksOf(url), before, 'nothing was bought')
}

t.test('a body whose length can be read in two ways is refused, and what stands behind it is not begun', async (t) => {
  await refused(t, {
    'length and chunks': coded('content-length: 5\r\ntransfer-encoding: chunked\r\n'),
    'chunks and length': coded('transfer-encoding: chunked\r\ncontent-length: 5\r\n'),
    'two lengths': `${head('content-length: 27\r\ncontent-length: 3\r\n')}${body}${purchase}`,
    'a length twice': `${head('content-length: 27\r\ncontent-length: 27\r\n')}${body}${purchase}`,
    'a list of lengths': `${head('content-length: 27, 27\r\n')}${body}${purchase}`,
    'a length with a sign': `${head('content-length: +27\r\n')}${body}${purchase}`,
    'a length in hex': `${head('content-length: 0x1b\r\n')}${body}${purchase}`,
    'an empty length': `${head('content-length: \r\n')}${body}${purchase}`,
    'a length over all numbers': `${head(`content-length: ${'9'.repeat(30)}\r\n`)}${body}${purchase}`,
    'chunked twice in a list': coded('transfer-encoding: chunked, chunked\r\n'),
    'chunked twice': coded('transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n'),
    'chunked, identity': coded('transfer-encoding: chunked, identity\r\n'),
    'identity, chunked': coded('transfer-encoding: identity, chunked\r\n'),
    'identity and chunked': coded('transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n'),
    'gzip, chunked': coded('transfer-encoding: gzip, chunked\r\n'),
    'an empty member': coded('transfer-encoding: ,chunked\r\n'),
    xchunked: coded('transfer-encoding: xchunked\r\n'),
    '"chunked"': coded('transfer-encoding: "chunked"\r\n'),
    'chunked;q=1': coded('transfer-encoding: chunked;q=1\r\n'),
    'a space before the colon': coded('transfer-encoding : chunked\r\n'),
    'a vertical tab': coded('transfer-encoding: \x0bchunked\r\n'),
    'a folded line': coded('transfer-encoding:\r\n chunked\r\n'),
    'chunks in HTTP/1.0': `${head('transfer-encoding: chunked\r\nconnection: keep-alive\r\n', 'POST /orders HTTP/1.0')}${chunks}${purchase}`,
  })
})

t.test('chunks that are none are refused', async (t) => {
  await refused(t, {
    'an extension over 16 KB': chunked(`1b;${'a'.repeat(20_000)}\r\n${body}\r\n0\r\n\r\n`),
    'a size over 64 bits': chunked(`1000000000000001b\r\n${body}\r\n0\r\n\r\n`),
    'a negative size': chunked(`-1b\r\n${body}\r\n0\r\n\r\n`),
    'a size with 0x': chunked(`0x1b\r\n${body}\r\n0\r\n\r\n`),
    'a size that is no hex': chunked(`zz\r\n${body}\r\n0\r\n\r\n`),
    'a space behind the size': chunked(`1b \r\n${body}\r\n0\r\n\r\n`),
    'line feeds alone': chunked(`1b\n${body}\n0\n\n`),
    'a line feed in an extension': chunked(`1b;a\nb\r\n${body}\r\n0\r\n\r\n`),
    'no line end behind the data': chunked(`1b\r\n${body}0\r\n\r\n`),
    'more data than its size': chunked(`1b\r\n${body}xx\r\n0\r\n\r\n`),
    'a length among the trailers': chunked(`1b\r\n${body}\r\n0\r\ncontent-length: 5\r\n\r\n`),
    'a coding among the trailers': chunked(`1b\r\n${body}\r\n0\r\ntransfer-encoding: chunked\r\n\r\n`),
  })
  await refused(t, { 'trailers over 16 KB': chunked(`1b\r\n${body}\r\n0\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`) }, 431)
})

t.test('lines and fields that are none are refused', async (t) => {
  const sized = `content-length: ${body.length}\r\n`
  await refused(t, {
    'line feeds alone': purchase.replaceAll('\r\n', '\n') + purchase,
    'a line feed alone in the head': `${head(`x: y\n${sized}`)}${body}${purchase}`,
    'a line feed behind the request line': purchase.replace('\r\n', '\n') + purchase,
    'a line feed that ends the head': `POST /orders HTTP/1.1\r\nhost: toys\r\n${sized}\n${body}${purchase}`,
    'a carriage return alone': `${head(`x: y\rz: w\r\n${sized}`)}${body}${purchase}`,
    'NUL in a value': `${head(`x: a\0b\r\n${sized}`)}${body}${purchase}`,
    'NUL in a name': `${head(`x\0: ab\r\n${sized}`)}${body}${purchase}`,
    'NUL in the target': purchase.replace('/orders', '/orders\0'),
    'a folded field': `${head(`x: a\r\n b\r\n${sized}`)}${body}${purchase}`,
    'a field that begins with a space': `${head(` x: y\r\n${sized}`)}${body}${purchase}`,
    'a field without a colon': `${head(`x\r\n${sized}`)}${body}${purchase}`,
    'a field without a name': `${head(`: y\r\n${sized}`)}${body}${purchase}`,
    'two hosts': `${head(`host: other\r\n${sized}`)}${body}${purchase}`,
    'a host that is a path': purchase.replace('host: toys', 'host: toys/x') + purchase,
    'no host': `${purchase.replace('host: toys\r\n', '')}${purchase}`,
    'another expectation': `${head(`expect: 200-ok\r\n${sized}`)}${body}${purchase}`,
    'two expectations': `${head(`expect: 100-continue, other\r\n${sized}`)}${body}${purchase}`,
  })
  const fields = (count: number) => look('/products/Tux', 'a:\r\n'.repeat(count))
  await refused(t, { '200 fields': fields(200), '3,000 fields': fields(3000) }, 431)
  t.strictSame(statuses(await heardOf(fields(90))), [200], '90 fields, each without a value')
})

t.test('other protocols and versions are refused', async (t) => {
  await refused(t, {
    'HTTP/0.9': 'GET /products/Tux HTTP/0.9\r\n\r\n',
    'HTTP/1.2': look('/products/Tux').replace('1.1', '1.2'),
    'HTTP/2.0': purchase.replace('1.1', '2.0') + purchase,
    'HTTP/1.1x': look('/products/Tux').replace('1.1', '1.1x'),
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
    TLS: '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
    CONNECT: `CONNECT toys:80 HTTP/1.1\r\nhost: toys:80\r\n\r\n${purchase}`,
    'an unknown method': 'BREW /products/Tux HTTP/1.1\r\nhost: toys\r\n\r\n',
  })
  await refused(t, { TRACE: look('/products/Tux').replace('GET', 'TRACE') }, 405)
  await refused(t, { 'HTTP/0.9 without a version': 'GET /products/Tux\r\n' }, 408)
})

t.test('a target is a path as it stands, or such a path behind a host', async (t) => {
  await refused(t, {
    'of a proxy': look('toys:80'),
    'without a slash': look('products/Tux'),
    'with a fragment': look('/products/Tux#more'),
    'with a space': look('/products/T ux'),
    'with a raw byte': look('/products/T\xfcx'),
    'a name of two dots': look('/products/..'),
    'a name of two dots in disguise': look('/products/%2e%2e'),
  })
  await refused(
    t,
    {
      'dots that lead back': look('/nothing/../products/Tux'),
      'dots in disguise': look('/nothing/%2e%2e/products/Tux'),
      'a slash in disguise': look('/products%2FTux'),
      'a name with slashes': look('/products/..%2F..%2Fmovements'),
      'two slashes': look('//toys/products/Tux'),
      'all of the server': look('*'),
      'another scheme': look('file:///products/Tux'),
    },
    404,
  )
  t.strictSame(statuses(await heardOf(look('http://toys/products/Tux'))), [200])
})

t.test('a purchase in the body of a refused request does not take place', async (t) => {
  const before = await booksOf(url)
  const within = (line: string, fields = json) =>
    `${line} HTTP/1.1\r\nhost: toys\r\n${fields}content-length: ${purchase.length}\r\n\r\n${purchase}${look('/livez')}`
  const rows: [string, string, number[]][] = [
    ['404', within('POST /nothing'), [404, 200]],
    ['405', within('PUT /orders'), [405, 200]],
    ['415', within('POST /orders', 'content-type: text/plain\r\n'), [415, 200]],
    ['400', within('POST /orders'), [400, 200]],
    ['GET', within('GET /products/Tux'), [200, 200]],
    ['413', `${head('content-length: 600000\r\n')}${purchase}`, [413]],
    ['chunked 404', `${head('transfer-encoding: chunked\r\n', 'POST /nothing HTTP/1.1')}${chunks}${purchase}`, [404]],
    ['the last one', `${look('/products/Tux')}${purchase}`, [200]],
  ]
  for (const [what, text, wanted] of rows) t.strictSame(statuses(await heardOf(text)), wanted, what)
  t.strictSame(await booksOf(url), before)
})

t.test('what only looks strange buys once', async (t) => {
  const close = 'connection: close\r\n'
  const rows: [string, string][] = [
    ['chunked in capitals', `${head(`${close}Transfer-Encoding:\tCHUNKED\r\n`)}${chunks}`],
    ['small extensions', `${head(`${close}transfer-encoding: chunked\r\n`)}1b;a=b\r\n${body}\r\n0\r\n\r\n`],
    ['trailers', `${head(`${close}transfer-encoding: chunked\r\n`)}1b\r\n${body}\r\n0\r\nidempotency-key: a b\r\n\r\n`],
    ['an upgrade', purchase.replace('host', 'connection: upgrade, close\r\nupgrade: websocket\r\nhost')],
    [
      'HTTP/1.0, which knows no 100',
      head(`expect: 100-continue\r\ncontent-length: 27\r\n`, 'POST /orders HTTP/1.0') + body,
    ],
  ]
  for (const [index, [what, text]] of rows.entries()) {
    const heard = await heardOf(text)
    t.strictSame(statuses(heard), [200], what)
    t.match(heard, `"order_number":${index + 1},`, what)
  }
})

t.test('after all that another buys, and the books balance', async (t) => {
  t.equal((await buy(url, { name: 'Tux', quantity: 1 })).status, 200)
  t.equal(await store.stop(), 0)
  t.match(await verifyFiles(dataDir), { orders: 6, differences: { length: 0 } })
})
