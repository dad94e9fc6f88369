/** Each wrong in the books of a case is seen, under the figure that it belongs to. */
import t from 'tap'
import { type Case, caseOf, expectedOf, type Order } from '../cases.ts'
import type { Told } from '../crowd.ts'
import { judge } from '../judge.ts'
import type { Found } from '../shop.ts'

/** Three users, two items of one piece; a and b are bought, c is refused. */
const size: Case = { ...caseOf('pairs', { items: 2, pieces: 1, users: 3, checkouts: 3 }), each: 1, name: 'one' }
const orders: Order[] = [
  { user: '0', items: [['0', 1]], draft: 'a' },
  { user: '1', items: [['1', 1]], draft: 'b' },
  { user: '2', items: [['1', 1]], draft: 'c' },
]
const done = (number: number): Told => ({ outcome: 'done', word: 'ok', retries: 0, number })
const refused = (word = 'out_of_stock'): Told => ({ outcome: 'refused', word, retries: 0 })
const told = [done(7), done(8), refused()]
const found = (): Found & { stock: Map<string, number>; credit: Map<string, number> } => ({
  stock: new Map([
    ['0', 0],
    ['1', 0],
  ]),
  credit: new Map([
    ['0', 1],
    ['1', 1],
    ['2', 2],
  ]),
  log: [
    { number: 7, user: '0', items: [['0', 1]], total: 1 },
    { number: 8, user: '1', items: [['1', 1]], total: 1 },
  ],
  paid: [true, true, false],
})
const none = { answers: 0, stock: 0, credit: 0, log: 0 }
const byDraft = (given: Partial<Found>, answers: Told[] = told) =>
  judge(size, orders, answers, { ...found(), ...given })
const byLog = (given: Partial<Found>, answers: Told[] = told) => byDraft({ paid: undefined, ...given }, answers)

t.test('what is right has no wrong', async (t) => {
  for (const verdict of [byDraft({}), byLog({})])
    t.match(verdict, {
      succeeded: 2,
      refused: { out_of_stock: 1 },
      unanswered: 0,
      expected: 2,
      wrong: none,
      examples: [],
    })
})

t.test('a success without an order', async (t) => {
  t.match(byDraft({ paid: [true, false, false] }).examples[0], 'draft b was told as done, and is not paid')
  t.ok(byDraft({ paid: [true, false, false] }).wrong.answers > 0)
  t.equal(byLog({}, [done(7), done(9), refused()]).wrong.answers, 2, 'nor is order 8 anybody’s')
  t.equal(byLog({}, [done(7), done(7), refused()]).wrong.answers, 2)
})

t.test('an order without a success', async (t) => {
  t.match(byDraft({ paid: [true, true, true] }).examples[0], 'draft c was refused (out_of_stock), and is paid')
  t.equal(byLog({}, [done(7), refused(), refused()]).wrong.answers, 2, 'and one success too few')
})

t.test('a refusal that is none of these', async (t) => {
  t.equal(byDraft({}, [done(7), done(8), refused('conflict')]).wrong.answers, 1)
  t.equal(byDraft({}, [done(7), done(8), refused('http_400')]).wrong.answers, 0)
})

t.test('too many and too few successes, where their number is certain', async (t) => {
  t.match(byDraft({ paid: [true, true, true] }, [done(7), done(8), done(9)]).wrong, { answers: 1 })
  t.match(byDraft({ paid: [true, false, false] }, [done(7), refused(), refused()]).wrong, { answers: 1 })
  const unsure: Told = { outcome: 'unanswered', word: 'timeout', retries: 3 }
  t.match(byDraft({}, [done(7), unsure, refused()]), { wrong: none, expected: null, unanswered: 1 })
})

t.test('pieces that are lost or too many', async (t) => {
  t.strictSame(
    byDraft({
      stock: new Map([
        ['0', 1],
        ['1', 0],
      ]),
    }).wrong,
    { ...none, stock: 1 },
  )
  t.strictSame(
    byDraft({
      stock: new Map([
        ['0', 1],
        ['1', -1],
      ]),
    }).wrong,
    { ...none, stock: 3 },
    'below zero counts again',
  )
})

t.test('credit that is taken twice, or not', async (t) => {
  t.strictSame(
    byDraft({
      credit: new Map([
        ['0', 0],
        ['1', 1],
        ['2', 2],
      ]),
    }).wrong,
    { ...none, credit: 1 },
  )
  t.strictSame(
    byDraft({
      credit: new Map([
        ['0', 1],
        ['1', 2],
        ['2', 1],
      ]),
    }).wrong,
    { ...none, credit: 2 },
  )
})

t.test('orders that are missing, doubled, of nobody or of another price', async (t) => {
  const { log } = found()
  const logs = [
    log.slice(1),
    [...log, { ...log[0]!, number: 9 }],
    [...log, log[0]!],
    [...log, { number: 9, user: '2', items: [['1', 1]] as const, total: 1 }],
  ]
  for (const wrong of logs) t.strictSame(byDraft({ log: wrong }).wrong, { ...none, log: 1 })
  t.ok(byDraft({ log: [log[0]!, { ...log[1]!, total: 2 }] }).wrong.log > 0)
})

t.test('how many must succeed is known where every buyer can pay, or none', async (t) => {
  t.equal(expectedOf(size, orders), 2)
  t.equal(expectedOf({ ...size, pieces: 2 }, orders), 3)
  t.equal(expectedOf({ ...size, credit: 0 }, orders), 0)
  t.equal(expectedOf({ ...size, each: 2 }, orders), undefined)
  t.equal(
    expectedOf({ ...size, credit: 1 }, [...orders, orders[0]!]),
    undefined,
    'one user buys twice and can pay once',
  )
})
