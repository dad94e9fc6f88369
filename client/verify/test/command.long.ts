/** The command as a person runs it: what it prints, and its exit codes. */

import { execFile } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { buy, dataDirOf, startStore } from '../../../test/store.ts'
import { compileCache } from '../../own-store.ts'
import { startModelShop } from './model-shop.ts'

const main = fileURLToPath(new URL('../../main.ts', import.meta.url))

interface Ran {
  code: number
  out: string
  err: string
  ms: number
}

function run(args: string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<Ran> {
  const began = performance.now()
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, 'verify', ...args],
      { env: { ...compileCache, ...env }, cwd },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err, ms: performance.now() - began }),
    )
  })
}

/** What takes connections and says `words` to whoever asks; nothing where there are none. */
async function startSpeaking(t: Test, words: string | undefined): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (words !== undefined) socket.on('data', () => socket.end(words))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const page = (body: string, head = 'HTTP/1.1 200 OK'): string =>
  `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`

t.test(
  'a store is verified by its folder, by its address and by both, with the token of the environment',
  async (t) => {
    const dataDir = dataDirOf(t)
    const ADMIN_TOKEN = 'only-for-the-owner'
    const { url } = await startStore({ dataDir, t, env: { ADMIN_TOKEN } })
    await buy(url, { name: 'Tux', quantity: 3 })
    t.match(await run(['--data', dataDir]), {
      code: 0,
      out: 'books balanced: 1 orders, 6 toys, 0 differences\n',
      err: '',
    })
    t.match(await run(['--url', url], { ADMIN_TOKEN }), {
      code: 0,
      out: 'books balanced: 1 orders, 6 toys, 0 differences\n',
    })
    t.match(await run(['--url', url, '--token', ADMIN_TOKEN]), { code: 0, out: /^books balanced: 1 orders/ })
    const both = await run(['--url', url, '--data', dataDir], { ADMIN_TOKEN })
    t.match(both, { code: 0, out: 'books balanced: 1 orders, 6 toys, 0 differences (files, shop, compared)\n' })
    t.match(await run(['--url', url]), {
      code: 0,
      out: /^Orders, movements .* were not checked.*\nwhat anybody may see is right: 6 toys, 0 differences\n$/,
    })
    const { code, out } = await run(['--url', url, '--data', dataDir, '--json'], { ADMIN_TOKEN })
    t.equal(code, 0)
    t.match(JSON.parse(out), {
      format: 1,
      balanced: true,
      line: /^books balanced: 1 orders/,
      differences: [],
      notes: [],
      files: { folder: dataDir, orders: 1, accounts: 6, reserved: 0, broughtAlong: 0, kept: [], differences: [] },
      live: { url, orders: 1, toys: 6, movements: 6, broughtAlong: 0, newest: 1, exact: true },
      compared: { orders: 1, toys: 6, movements: 6 },
    })
  },
)

t.test('differences are printed, the verdict last, with exit code 1', async (t) => {
  const shop = await startModelShop(t)
  for (let i = 0; i < 3; i++) await buy(shop.url, { name: 'Ball', quantity: 1 })
  ;(shop.orders as unknown[]).splice(1, 1)
  const { code, out } = await run(['--url', shop.url])
  t.equal(code, 1)
  t.match(
    out,
    /^order 2 is missing: order 3 comes after order 1\n(.*\n)*BOOKS DO NOT BALANCE: 2 orders, 3 toys, 2 differences\n$/,
  )
  t.match(JSON.parse((await run(['--url', shop.url, '--json'])).out), { balanced: false, differences: { length: 2 } })
})

t.test('no store at the address ends soon, with exit code 1 and a sentence', async (t) => {
  const { code, err, out, ms } = await run(['--url', 'http://127.0.0.1:1'])
  t.strictSame({ code, out }, { code: 1, out: '' })
  t.match(
    err,
    /^verify: The store at http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)\. Is it running \(npm start\)\?\n$/,
  )
  t.ok(ms < 5000, `${ms} ms`)
})

for (const [what, words, sentence] of [
  ['is silent', undefined, /did not answer within 0\.3 s\.\n$/],
  ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', /is no toy store: it does not speak HTTP as one does/],
  ['hangs up', '', /cannot be reached/],
  [
    'answers with a page',
    page('<html>'),
    /is no toy store: its answer to GET \/products\?limit=1000 is no JSON object\./,
  ],
  ['answers with other JSON', page('{"data":7}'), /is no toy store: GET \/products\?limit=1000 has no page in it\./],
  ['does not know the path', page('{}', 'HTTP/1.1 404 Not Found'), /is no toy store: GET .* is answered with 404\./],
] as const)
  t.test(`what ${what} is no store: exit code 1 and a sentence`, async (t) => {
    const url = await startSpeaking(t, words)
    const { code, err, out } = await run(['--url', url, ...(words === undefined ? ['--timeout', '300ms'] : [])])
    t.strictSame({ code, out }, { code: 1, out: '' })
    t.match(err, sentence)
    t.match(err, /^verify: .*\n$/)
  })

t.test('no books in the folder, and wrong use, end with exit code 2', async (t) => {
  t.match(await run([], {}, t.testdir()), {
    code: 2,
    err: 'verify: data holds no store (there is no folder catalog in it)\n',
  })
  t.match(await run(['--data', t.testdir({ catalog: {} })]), { code: 2, err: /^verify: .* holds no ledger/ })
  t.match(await run(['--url', 'nonsense']), { code: 2, err: /It must be an address/ })
  t.match(await run(['--url', 'http://198.51.100.1']), { code: 2, err: /is not on this machine/ })
  t.match(await run(['--timeout', 'never', '--url', 'http://127.0.0.1:1']), { code: 2, err: /It must be a time/ })
  t.match(await run(['--dat', 'x']), { code: 2, err: /unknown option/ })
})
