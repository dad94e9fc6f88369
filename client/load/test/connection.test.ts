/** Reading what a store answers, and the pauses before asking again. */
import t from 'tap'
import { readAnswer } from '../connection.ts'
import { pauseMs } from '../visit.ts'

const kind = (status: number, body: unknown) => {
  const ending = readAnswer(status, typeof body === 'string' ? body : JSON.stringify(body), 0)
  return ending.ok ? 'ok' : ending.kind
}

t.test('the body decides, not the status', async (t) => {
  t.equal(kind(200, { error: { code: 409, reason: 'out_of_stock', message: '' } }), 'out_of_stock')
  t.equal(kind(409, { error: { code: 409, reason: 'key_reused', message: '' } }), 'key_reused')
  t.equal(kind(201, { data: { order_number: 1 } }), 'ok')
})

t.test('what cannot be read is no success', async (t) => {
  t.equal(kind(200, 'hello'), 'unreadable_answer')
  t.equal(kind(200, { data: 1, error: {} }), 'unreadable_answer')
  t.equal(kind(200, []), 'unreadable_answer')
  t.equal(kind(502, '<h1>Bad gateway</h1>'), 'http_502')
  t.equal(kind(500, { data: {} }), 'http_500')
  t.equal(kind(500, { error: { reason: '\u001b[2J' } }), 'http_500')
  t.equal(kind(500, { error: { reason: 'ok' } }), 'ok', 'still a failure:')
  t.equal(readAnswer(500, '{"error":{"reason":"ok"}}', 0).ok, false)
})

t.test('pauses double, honour Retry-After up to a second, and spread', async (t) => {
  t.same(
    [0, 1, 2, 9].map((again) => pauseMs(again, 0, 0)),
    [50, 100, 200, 1000],
  )
  t.equal(pauseMs(0, 700, 0), 700)
  t.equal(pauseMs(0, 60_000, 0), 1000)
  t.equal(pauseMs(1, 0, 0.5), 125)
})
