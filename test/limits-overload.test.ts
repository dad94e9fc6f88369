/** More purchases at one moment than may be in flight, while the order service stands still. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { ask, eventually } from './ask.ts'
import { buy, dataDirOf, startStore } from './store.ts'

const inFlightMax = 5_000
const tooMany = 300
const dataDir = dataDirOf(t)
const store = await startStore({ dataDir, t })
const { url } = store
const port = Number(new URL(url).port)
const body = '{"name":"Whale","quantity":1}'
const purchase = `POST /orders HTTP/1.1\r\nhost: toys\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

const answers: string[] = []
const sockets: Socket[] = []
t.teardown(() => {
  for (const socket of sockets) socket.destroy()
})

t.test('what is too much is refused at once, with 503 and Retry-After, and the rest is answered', async (t) => {
  while (sockets.length < inFlightMax + tooMany) {
    const some = Array.from({ length: 100 }, () => connect(port, '127.0.0.1'))
    sockets.push(...some)
    await Promise.all(some.map((socket) => once(socket, 'connect')))
  }
  for (const socket of sockets) {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.endsWith('}}')) answers.push(text)
    })
  }
  const { order = 0 } = store.pids
  process.kill(order, 'SIGSTOP')
  for (const socket of sockets) socket.write(purchase)
  const refused = () => answers.filter((text) => text.includes('the service has too much to do'))
  try {
    await eventually(() => refused().length === tooMany)
    t.equal(answers.length, tooMany, 'the others wait')
    for (const text of refused()) t.match(text, /^HTTP\/1\.1 503 .*retry-after: 1/s)
    const read = await ask(`${url}/products/Tux`)
    t.match(read, { status: 503, body: { error: { reason: 'unavailable' } } })
    t.equal(read.headers.get('retry-after'), '1')
    t.equal((await ask(`${url}/livez`)).status, 200, 'who asks for its health is told')
  } finally {
    process.kill(order, 'SIGCONT')
  }
  await eventually(() => answers.length === sockets.length, 20_000)
  t.equal(refused().length, tooMany)
  t.strictSame(
    [...new Set(answers.map((text) => text.slice(0, 12)))].sort(),
    ['HTTP/1.1 200', 'HTTP/1.1 503'],
    'each has one answer',
  )
})

t.test('afterwards all is as before, and the books balance', async (t) => {
  t.equal((await buy(url, { name: 'Tux', quantity: 1 })).status, 200)
  const bought = answers.filter((text) => text.startsWith('HTTP/1.1 200')).length
  t.ok(bought > 0)
  t.equal(await store.stop(), 0)
  const { orders, differences } = await verifyFiles(dataDir)
  t.strictSame(differences, [])
  t.ok(orders >= bought + 1)
})
