/** What is no store ends soon with exit code 1 and a sentence; what is wrongly asked for, with 2. */
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { dataDirOf, startStore } from '../../../test/store.ts'
import { errorReply, plantAt } from './planted.ts'
import { runSmoke } from './run.ts'

async function listen(t: Test, server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

const web = (t: Test, answer: RequestListener): Promise<string> => listen(t, createServer(answer))
const sentence = (ran: { err: string }): string => ran.err.replace(/127\.0\.0\.1:\d+/g, 'HERE')

t.test('where nobody listens, it ends at once', async (t) => {
  const { code, out, err, ms } = await runSmoke('http://127.0.0.1:1')
  t.strictSame([code, out], [1, ''])
  t.equal(err, 'smoke: The store at http://127.0.0.1:1 was not reached (ECONNREFUSED). Is it running (npm start)?\n')
  // It takes half a second alone; the bound leaves room for a busy machine, and is below a request's time.
  t.ok(ms < 4500, `${ms}`)
})

t.test('who takes the call and says nothing is waited for no longer than the time', async (t) => {
  const ran = await runSmoke(await listen(t, createTcpServer()), '--timeout', '1s')
  t.equal(ran.code, 1)
  const told =
    'smoke: The store at http://HERE was not answered to the end within 1s; a longer time can be given with --timeout.\n'
  t.equal(sentence(ran), told)
  t.ok(ran.ms < 8000, `${ran.ms}`)
})

t.test('what is no toy store is told so, with what it answered', async (t) => {
  const others: [string, Server, RegExp][] = [
    [
      'a web page',
      createServer((_, reply) => reply.end('<h1>\u001b[2JWelcome</h1>')),
      /200 <h1>\\u\{001b\}\[2JWelcome<\/h1>;/,
    ],
    [
      'another place',
      createServer((_, reply) => reply.writeHead(302, { location: '/login' }).end()),
      /302 \(no body\)/,
    ],
    ['other JSON', createServer((_, reply) => reply.end('{"hello":"world"}')), /200 \{"hello":"world"\}/],
    [
      'no HTTP',
      createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n')),
      /answered with what is no HTTP;/,
    ],
    ['a closed door', createTcpServer((socket) => socket.destroy()), /cut off without a whole answer/],
  ]
  for (const [title, server, words] of others) {
    const ran = await runSmoke(await listen(t, server), '--timeout', '5s')
    t.equal(ran.code, 1, title)
    t.match(sentence(ran), /^smoke: What answers at http:\/\/HERE is no toy store: [^\n]*\.\n$/, title)
    t.match(ran.err, words, title)
  }
})

t.test('a store that falls silent is not waited for check after check', async (t) => {
  let asked = 0
  const url = await web(t, (request, reply) => {
    asked += 1
    if (request.url === '/livez' && asked < 3)
      reply.setHeader('content-type', 'application/json').end('{"data":{"status":"live"}}')
  })
  const ran = await runSmoke(url, '--timeout', '500ms')
  t.equal(ran.code, 1)
  t.equal(
    ran.out.match(
      /^FAILED .*: expected an answer, was answered nothing: it was not answered to the end within 500ms$/gm,
    )?.length,
    3,
  )
  t.match(ran.out, /^left out .*: the store has stopped answering$/m)
  t.match(ran.out, /^3 checks, 3 failed, \d+ left out$/m)
})

t.test('what the store says moves no cursor, and long answers are cut', async (t) => {
  const store = await startStore({ t, dataDir: dataDirOf(t) })
  const url = await plantAt(t, store.url, {
    change: (reply, { path }) =>
      path === '/readyz'
        ? { ...errorReply(503, 'unavailable'), text: `\u001b[31m\r\n\u202e${'x'.repeat(5000)}` }
        : reply,
  })
  const { code, out } = await runSmoke(url, '--timeout', '20s')
  t.equal(code, 1)
  t.match(
    out,
    /^FAILED {4}GET \/readyz: expected 200 with status ready, was answered 503 \\u\{001b\}\[31m\\r\\n\\u\{202e\}x+… \(5008 characters\)$/m,
  )
  t.notMatch(out.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
  t.match(out, /^\d+ checks, 1 failed, \d+ left out$/m)
})

t.test('--json tells the same', async (t) => {
  const store = await startStore({ t, dataDir: dataDirOf(t) })
  const url = await plantAt(t, store.url, {
    change: (reply, { path }) => (path === '/readyz' ? errorReply(503, 'unavailable') : reply),
  })
  const { code, out, err } = await runSmoke(url, '--json', '--timeout', '20s')
  t.strictSame([code, err], [1, ''])
  const told = JSON.parse(out) as { checks: { name: string; outcome: string }[] }
  t.match(told, { format: 1, url, held: false, fault: null, notes: [/^order 1 of 1 /] })
  t.match(
    told.checks.find(({ name }) => name === 'GET /readyz'),
    {
      outcome: 'failed',
      routes: ['GET /readyz'],
      expected: '200 with status ready',
      answered: /^503 /,
    },
  )
  t.equal(told.checks.filter(({ outcome }) => outcome === 'failed').length, 1)

  const nobody = await runSmoke('http://127.0.0.1:1', '--json')
  t.strictSame([nobody.code, nobody.err], [1, ''])
  t.match(JSON.parse(nobody.out), { held: false, fault: /was not reached/, checks: [] })
})

t.test('wrong use ends with exit code 2 and a sentence', async (t) => {
  const wrong: [string[], RegExp][] = [
    [['--timeout', 'soon'], /It must be a time from 100ms to 1m/],
    [['--token', 'a b c d e f'], /8 to 256 characters without spaces/],
    [['--what'], /unknown option/],
    [['more'], /too many arguments/],
    [['--url', 'shop'], /address like/],
    [['--url', 'http://shop.example'], /is not on this machine\..*--yes-this-is-my-store/],
  ]
  await Promise.all(
    wrong.map(async ([options, words]) => {
      const { code, out, err } = await runSmoke('http://127.0.0.1:1', ...options)
      t.strictSame([code, out], [2, ''], `${options}`)
      t.match(err, words)
    }),
  )
  const help = await runSmoke('http://127.0.0.1:1', '--help')
  t.equal(help.code, 0)
  t.match(help.out, /It makes one\s+real order: one piece of the toy of which there are the most/)
})
