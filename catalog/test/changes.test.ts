import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { ask, eventually } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startCatalog } from '../start.ts'

/** A stream of changes and the events that came so far, as they are written. */
async function listen(t: Test, url: string): Promise<{ events: () => string[]; reply: IncomingMessage }> {
  const request: ClientRequest = get(`${url}/changes`, { agent: false })
  t.teardown(() => request.destroy())
  const [reply] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  reply.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  reply.on('error', () => {})
  const events = (): string[] => text.split('\n\n').filter((event) => event !== '' && !event.startsWith(':'))
  await eventually(() => events().length > 0)
  return { events, reply }
}

const toy = (name: string, price: number, quantity: number) => ({ name, price, quantity, stock: quantity })
const changed = (sequence: number, ...toys: unknown[]): string =>
  `event: change\ndata: ${JSON.stringify({ sequence, changed: toys, removed: [] })}`

async function catalog(t: Test, DATA_DIR = dataDirOf(t)) {
  const service = await startService(t, startCatalog, { DATA_DIR })
  const { url } = service
  const post = (path: string, body: unknown) => ask(url + path, { method: 'POST', body })
  const reserve = (id: string, ...items: [account: string, amount: number][]) => ({
    op: 'reserve',
    id,
    after: 0,
    items: items.map(([account, amount]) => ({ account, amount })),
  })
  return { ...service, DATA_DIR, post, reserve }
}

t.test('a stream tells where it begins, and then every change with its number and what is true after it', async (t) => {
  const { url, post, reserve } = await catalog(t)
  await post('/buy_qty', { name: 'Tux', quantity: 1 })
  const [one, two] = [await listen(t, url), await listen(t, url)]
  t.match(one.events(), [/^event: begin\ndata: \{"epoch":"[0-9a-f]{16}","sequence":1\}$/])
  await post('/ledger', [{ op: 'open', fence: 'a1-1', first: true }])
  await post('/ledger', reserve('a1-1', ['Tux', 2], ['Fox', 1]))
  await post('/ledger', { op: 'confirm', id: 'a1-1' })
  await post('/ledger', reserve('a1-2', ['Nobody', 1]))
  await post('/ledger', reserve('a1-3', ['Fox', 5]))
  await post('/ledger', { op: 'void', id: 'a1-3' })
  await eventually(() => one.events().length === 4 && two.events().length === 4)
  t.strictSame(
    one.events().slice(1),
    [
      changed(2, toy('Tux', 25.99, 9997), toy('Fox', 29.99, 9999)),
      changed(3, toy('Fox', 29.99, 9994)),
      changed(4, toy('Fox', 29.99, 9999)),
    ],
    'and nothing of what changed no toy',
  )
  t.strictSame(two.events(), one.events())
})

t.test('what a batch changes is told at once, in the end each toy as it is then', async (t) => {
  const { url, post } = await catalog(t)
  const { events } = await listen(t, url)
  await post(
    '/buy_qty',
    Array.from({ length: 50 }, () => ({ name: 'Whale', quantity: 2 })),
  )
  const told = () =>
    events()
      .slice(1)
      .map((event) => JSON.parse(event.split('data: ')[1]!))
  await eventually(() => told().at(-1)?.changed[0].stock === 9900)
  t.ok(told().length < 50, `${told().length} events`)
  t.strictSame(
    told().map(({ sequence }) => sequence),
    Array.from(told(), (_, index) => index + 1),
  )
})

t.test('answers say which position they were read at or are part of', async (t) => {
  const { url, post, reserve } = await catalog(t)
  const { events } = await listen(t, url)
  const { epoch } = JSON.parse(events()[0]!.split('data: ')[1]!)
  const at = ({ headers }: { headers: Headers }) => headers.get('x-position')
  t.equal(at(await ask(`${url}/query/Tux`)), `${epoch}.0`)
  t.equal(at(await post('/buy_qty', { name: 'Tux', quantity: 1 })), `${epoch}.1`)
  t.equal(at(await ask(`${url}/query/Tux`)), `${epoch}.1`)
  await post('/ledger', [{ op: 'open', fence: 'a1-1', first: true }])
  t.equal(at(await post('/ledger', [reserve('a1-1', ['Tux', 2])])), `${epoch}.2`)
  t.equal(at(await post('/ledger', [reserve('a1-1', ['Tux', 2])])), `${epoch}.2`, 'a repeat, too')
  t.equal(at(await ask(`${url}/products?limit=2`)), `${epoch}.2`)
})

t.test('each life of the catalog is an epoch of its own', async (t) => {
  const { url, DATA_DIR, post, close } = await catalog(t)
  await post('/buy_qty', { name: 'Tux', quantity: 1 })
  const { events, reply } = await listen(t, url)
  const ended = once(reply, 'end')
  await close()
  await ended
  const again = await catalog(t, DATA_DIR)
  const later = await listen(t, again.url)
  const [first, second] = [events()[0], later.events()[0]].map((event) => JSON.parse(event!.split('data: ')[1]!))
  t.match([first, second], [{ sequence: 1 }, { sequence: 0 }])
  t.not(first.epoch, second.epoch)
})
