import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { Door } from '../door.ts'
import { Till } from '../till.ts'

async function doorTo(t: Test, service: Server, till?: Till): Promise<Door> {
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const url = new URL(`http://127.0.0.1:${(service.address() as AddressInfo).port}`)
  const door = await Door.open({ target: () => url, ...(till && { watch: till.watch }) })
  t.teardown(() => {
    door.close()
    service.closeAllConnections()
    service.close()
  })
  return door
}

/** The body of the answer; rejects where the connection breaks. */
async function ask(door: Door, body = '', key?: string): Promise<string> {
  const headers = key === undefined ? {} : { 'idempotency-key': key }
  const asking = request(`${door.url}/orders`, { method: 'POST', headers, agent: false })
  asking.end(body)
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  return text(answer)
}

t.test('what goes in comes out as it was, in both directions', async (t) => {
  const door = await doorTo(
    t,
    createServer((request, response) => request.pipe(response)),
  )
  const long = 'pieces '.repeat(100_000)
  t.equal(await ask(door, long), long)
})

t.test('a cut breaks what is under way and throws out who comes, until the door opens again', async (t) => {
  const door = await doorTo(
    t,
    createServer((request, response) => {
      if (request.headers['idempotency-key'] === undefined) response.end('answer')
    }),
  )
  const silent = t.rejects(ask(door, '', 'never-answered'), { code: 'ECONNRESET' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(door.cut(), 1)
  await silent
  await t.rejects(ask(door), { code: 'ECONNRESET' })
  door.reopen()
  t.equal(await ask(door), 'answer')
})

t.test('where nothing listens behind the door, the connection breaks', async (t) => {
  const door = await Door.open({ target: () => new URL('http://127.0.0.1:1') })
  t.teardown(() => door.close())
  await t.rejects(ask(door), { code: 'ECONNRESET' })
})

t.test('a recovery is a purchase that was first asked after the fault, and answered', async (t) => {
  const till = new Till()
  let isDown = false
  const held: (() => void)[] = []
  const service = createServer((request, response) => {
    const answer = (): unknown => response.end(isDown ? '{"error":{}}' : '{"data":{"order_number":1}}')
    if (request.headers['idempotency-key'] === 'held') held.push(answer)
    else answer()
  })
  const door = await doorTo(t, service, till)
  const never = new AbortController().signal

  const before = ask(door, '', 'held')
  await new Promise((resolve) => setTimeout(resolve, 50))
  const since = performance.now()
  isDown = true
  const waiting = till.next(since, 20_000, never)
  await ask(door, '', 'repeated')
  isDown = false
  held.pop()!()
  await before
  let answeredAt: number | undefined
  void waiting.then((at) => {
    answeredAt = at
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(answeredAt, undefined, 'neither a refusal nor what was asked before counts')
  await ask(door, '', 'repeated')
  t.ok((await waiting)! > since)
})

t.test('who waits for a purchase gives up after his time, or when he is told to', async (t) => {
  const till = new Till()
  t.equal(await till.next(0, 20, new AbortController().signal), undefined)
  const ending = new AbortController()
  const waiting = till.next(0, 60_000, ending.signal)
  ending.abort()
  t.equal(await waiting, undefined)
  t.equal(await till.next(0, 60_000, ending.signal), undefined)
})
