import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { type Clock, realClock } from '../../clock.ts'
import { eventText } from '../event-stream.ts'
import { follow, silentMsMax } from '../follow.ts'
import type { Route } from '../routes.ts'
import { createServer } from '../server.ts'
import { serve, until } from './harness.ts'
import { stream } from './streams.ts'

/** Follows `url`; what it tells is kept in `told`. */
function followed(t: Test, url: string, { clock = realClock, token }: { clock?: Clock; token?: string } = {}) {
  const told: unknown[] = []
  const stop = follow({
    origin: url,
    path: '/events',
    token,
    clock,
    event: (name, data) => {
      told.push([name, data])
      if (name === 'bad') throw new Error('bad event')
    },
    down: ({ message }) => told.push(message),
  })
  t.teardown(stop)
  return { told, stop }
}

const begun = ['begin', { at: 1 }]

t.test('who follows hears every event once, in order, in however small pieces they come', async (t) => {
  const { route, tell } = stream()
  const { url } = await serve(t, [route], { internalToken: 'inside-inside' })
  const { told, stop } = followed(t, url, { token: 'inside-inside' })
  await until(() => told.length === 1)
  const text = `${eventText('change', 'ä€😀')}:\n\n${eventText('change', ['\n\n', 'event: x'])}`
  for (const piece of text) {
    tell(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  tell(eventText('change', 3) + eventText('change', 4))
  await until(() => told.length === 5)
  t.strictSame(told, [begun, ['change', 'ä€😀'], ['change', ['\n\n', 'event: x']], ['change', 3], ['change', 4]])
  stop()
  tell(eventText('change', 5))
  await pause(20)
  t.equal(told.length, 5, 'who stops is told no more, not even that it is down')
})

t.test('a stream that is cut is told down once, and begun again until there is one', async (t) => {
  const { route, senders } = stream()
  const first = await serve(t, [{ ...route, internal: true }])
  const { told } = followed(t, first.url)
  await until(() => told.length === 1)
  await first.server.close({ graceMs: 0 })
  await until(() => told.length === 2)
  await pause(250)
  t.strictSame(told, [begun, 'the stream has ended'], 'while nobody is there nothing is told')
  const again = createServer({ routes: [route], log: pino({ level: 'silent' }) })
  t.teardown(() => again.close({ graceMs: 0 }))
  await again.listen({ host: '127.0.0.1', port: first.port })
  await until(() => told.length === 3)
  t.strictSame(told[2], begun)
  t.equal(senders.size, 1)
})

t.test('a neighbour that is silent for too long is taken for gone; a comment is enough to be there', async (t) => {
  let now = 0
  let looked = 0
  const due: { at: number; work: () => void }[] = []
  const clock: Clock = {
    ...realClock,
    elapsed() {
      looked += 1 // when it hears something, too
      return now
    },
    after(ms, work) {
      if (ms < 1000) return realClock.after(ms, work)
      const timer = { at: now + ms, work }
      due.push(timer)
      return () => void (due.includes(timer) && due.splice(due.indexOf(timer), 1))
    },
  }
  const passTo = (at: number): void => {
    now = at
    for (const timer of due.filter((one) => one.at <= at)) {
      due.splice(due.indexOf(timer), 1)
      timer.work()
    }
  }
  const { route, tell, senders } = stream()
  const { url } = await serve(t, [route])
  const { told } = followed(t, url, { clock })
  await until(() => told.length === 1)
  passTo(silentMsMax - 1)
  const before = looked
  tell(':\n\n')
  await until(() => looked > before)
  passTo(silentMsMax)
  passTo(2 * silentMsMax - 2)
  t.equal(told.length, 1)
  passTo(2 * silentMsMax)
  await until(() => told.length === 3)
  t.strictSame(told, [begun, `nothing was heard for ${silentMsMax + 1} ms`, begun])
  await until(() => senders.size === 1)
})

t.test('an answer that is no stream, or no event of ours, is no stream', async (t) => {
  let asked = 0
  const other: Route = {
    method: 'GET',
    path: '/events',
    handle: () => {
      asked += 1
      return { text: eventText('begin', 'looks like one'), contentType: 'text/plain' }
    },
  }
  const wrong = await serve(t, [other])
  const { told, stop } = followed(t, wrong.url)
  await until(() => asked === 3)
  stop()
  t.strictSame(told, [])

  const { route, tell } = stream()
  const { url } = await serve(t, [route])
  const bad = followed(t, url)
  await until(() => bad.told.length === 1)
  tell(eventText('bad', 1) + eventText('change', 'behind it'))
  await until(() => bad.told.length === 4)
  tell('data: of whom?\n\n')
  await until(() => bad.told.length === 6)
  t.strictSame(bad.told, [begun, ['bad', 1], 'bad event', begun, 'this is no event of ours', begun])
})
