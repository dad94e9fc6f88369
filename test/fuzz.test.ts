/** A short fuzz with a fixed seed; `npm run test:fuzz` runs longer ones. And the fuzz's own judges: each sees what it is there for. */
import t from 'tap'
import { type Answer, AnswerReader } from './fuzz/answers.ts'
import { faultsOfRows, faultsOfTold } from './fuzz/books.ts'
import { groupsOf, requestAt } from './fuzz/grammar.ts'
import { quietToy } from './fuzz/names.ts'
import { faultsOf } from './fuzz/oracle.ts'
import { type FuzzRequest, kept, refused, wire } from './fuzz/request.ts'
import { faultsOfOutput, fuzzRun } from './fuzz/run.ts'
import { tooMuch } from './fuzz/watch.ts'
import { dataDirOf } from './store.ts'

const bytes = wire({ target: '/' })
const good = kept('good', bytes, ['ok', 'unavailable', 'outcome_unknown'], {
  tells: (data: unknown) => (data === 1 ? undefined : 'it is not 1'),
})
const bad = refused('bad', bytes)
const json = { 'content-type': 'application/json' }
const answer = (status: number, body: unknown, headers: Record<string, string> = json): Answer => ({
  status,
  headers,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  continued: false,
})
const error = (code: number, reason: string, message = 'no', more = {}) => ({
  error: { code, reason, message, ...more },
})

t.test('the oracle takes what the store promises', async (t) => {
  t.same(faultsOf(good, answer(200, { data: 1 })), [])
  t.same(faultsOf(good, answer(200, { data: 1, next: 'x' })), [])
  t.same(faultsOf(bad, answer(400, error(400, 'bad_request'))), [])
  for (const reason of ['unavailable', 'outcome_unknown'])
    t.same(faultsOf(good, answer(503, error(503, reason), { ...json, 'retry-after': '1' })), [])
  t.same(faultsOf({ ...good, head: true }, answer(200, '')), [])
})

t.test('the oracle sees what is wrong with an answer', async (t) => {
  const retry = { ...json, 'retry-after': '1' }
  const rows: [string, FuzzRequest, Answer, RegExp][] = [
    ['an error of the server', bad, answer(500, error(500, 'internal')), /answered 500/],
    ['another status', bad, answer(200, { data: 1 }), /answered 200 instead of 400/],
    ['another reason', bad, answer(400, error(400, 'out_of_stock')), /reason/],
    ['a reason that is none', bad, answer(400, error(400, 'oops')), /its reason is "oops"/],
    ['a code that is not the status', bad, answer(400, error(404, 'bad_request')), /its code 404/],
    ['no message', bad, answer(400, { error: { code: 400, reason: 'bad_request' } }), /no message/],
    ['a field more', bad, answer(400, error(400, 'bad_request', 'no', { stack: 'x' })), /the fields stack/],
    ['a stack', bad, answer(400, error(400, 'bad_request', 'Error: x\n    at buy (a.ts:1:2)')), /the inside/],
    ['a file', bad, answer(400, error(400, 'bad_request', "ENOENT: open '/tmp/x/orders.csv'")), /the inside/],
    ['an echo', bad, answer(400, error(400, 'bad_request', 'x'.repeat(1001))), /1001 characters/],
    ['no JSON', bad, answer(400, 'no'), /no JSON/],
    ['no error', bad, answer(400, { message: 'no' }), /no error/],
    ['no type', bad, answer(400, error(400, 'bad_request'), {}), /its type/],
    ['503 without Retry-After', good, answer(503, error(503, 'unavailable')), /Retry-After/],
    ['503 where nothing is needed', bad, answer(503, error(503, 'unavailable'), retry), /answered 503 instead of 400/],
    ['other words', { ...bad, says: 'not so' }, answer(400, error(400, 'bad_request')), /it says "no"/],
    ['no close', { ...bad, after: 'closed' }, answer(400, error(400, 'bad_request')), /does not say that the conn/],
    ['a close', good, answer(200, { data: 1 }, { ...json, connection: 'close' }), /closed for no reason/],
    ['other data', good, answer(200, { data: 2 }), /it is not 1/],
    ['a field beside the data', good, answer(200, { data: 1, stack: 'x' }), /the fields data, stack/],
    [
      '405 without Allow',
      kept('m', bytes, ['method_not_allowed']),
      answer(405, error(405, 'method_not_allowed')),
      /Allow/,
    ],
  ]
  for (const [what, request, given, fault] of rows) t.match(faultsOf(request, given).join('; '), fault, what)
})

t.test('answers are read one by one, and what is none is a fault', async (t) => {
  const text = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const reader = new AnswerReader([true])
  const all = Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${text('one')}${text('')}`,
  )
  const read = [...all].flatMap((byte) => reader.take(Buffer.from([byte])))
  t.match(read, [{ text: '' }, { text: 'one', continued: true }, { text: '', continued: false }])
  t.equal(reader.fault, undefined)
  for (const none of [
    'hello\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx',
  ]) {
    const strict = new AnswerReader()
    t.same(strict.take(Buffer.from(none)), [])
    t.match(strict.fault, /this is no answer/)
  }
})

t.test('the judge of the books sees a lost order, a changed one, and one that nobody asked for', async (t) => {
  const indexOf = (fits: (request: FuzzRequest) => boolean) => {
    for (let index = 0; ; index++) if (fits(requestAt(1, index))) return index
  }
  const index = indexOf(({ kind, purchases }) => kind === 'valid/buy' && purchases[0]?.key !== undefined)
  const [{ name, quantity, key }] = requestAt(1, index).purchases as [{ name: string; quantity: number; key: string }]
  const row = { order_number: '1', name, quantity: String(quantity), price: '25.99', key }
  const told = [{ index, number: 1, name, quantity, key }]
  const asked = { seed: 1, requests: index + 1, told, quiet: new Map() }
  const price = faultsOfTold([row], asked).length === 0 ? '25.99' : '0.10'
  const right = { ...row, price }
  t.same([...faultsOfTold([right], asked), ...faultsOfRows([right], asked)], [])
  t.match(faultsOfTold([], asked), [/is lost/])
  for (const change of [{ quantity: '7' }, { name: 'Fox' }, { price: '1.00' }, { key: 'f-0' }])
    t.match(faultsOfTold([{ ...right, ...change }], asked), [/stands as/])
  const others = [
    { name: 'Fox' },
    { quantity: '1e21' },
    { key: `h-${index}` },
    { key: 'f-99999999' },
    { key: 'a'.repeat(32) },
  ]
  for (const change of [...others, { name: quietToy }])
    t.equal(faultsOfRows([{ ...right, ...change }], asked).length, 1, JSON.stringify(change))
})

t.test('growth over the bound is told, and lines that are no log', async (t) => {
  const growth = { name: 'order', secondMb: 100, mostMb: 200 }
  t.same(tooMuch([{ ...growth, lastMb: 129 }]), [])
  t.match(tooMuch([{ ...growth, lastMb: 131 }]), [/^order grew from 100 MB/])
  const fine = ['The toy store is open at http://127.0.0.1:1', '{"level":"info","msg":"ready"}', '{"level":"warn"}']
  t.same(faultsOfOutput(fine), [])
  t.equal(
    faultsOfOutput([...fine, '{"level":"error"}', '(node:1) MaxListenersExceededWarning', '{"level":"fatal"}']).length,
    3,
  )
})

t.test('the same seed makes the same requests, and every kind comes', async (t) => {
  const all = Array.from({ length: 2000 }, (_, index) => requestAt(3, index))
  t.same(
    all.map(({ bytes }) => bytes.toString('latin1')),
    all.map((_, index) => requestAt(3, index).bytes.toString('latin1')),
  )
  t.ok(new Set(all.map(({ kind }) => kind)).size >= 36, 'all kinds but the rarest')
  t.equal(groupsOf(3, [...all.keys()]).flat().length, all.length)
})

t.test(
  'five thousand requests, valid, nearly valid and hostile: nothing breaks, and the books are right',
  async (t) => {
    const requests = 5000
    // With this seed none stalls for the five seconds that the store allows.
    const { statuses, orders, wrong, quiet } = await fuzzRun({ dataDir: dataDirOf(t), requests, seed: 5, t })
    t.same(wrong, [])
    t.ok(orders > 500, `${orders} orders`)
    t.ok(quiet.bought.size > 0, `the undisturbed buyer bought ${quiet.bought.size} times`)
    for (const status of [200, 400, 403, 404, 405, 409, 413, 414, 415, 422, 431])
      t.ok(statuses[status]! > 0, `${status} was answered`)
  },
)
