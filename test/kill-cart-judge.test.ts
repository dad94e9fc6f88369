/** The judges of carts: whatever the store may do is right, and each kind of wrong history is caught. */
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { type Cart, changeCart } from '../cart/cart.ts'
import type { CartItem } from '../cart/client.ts'
import { randomFrom } from '../storage/test/random.ts'
import { ask } from './ask.ts'
import { type CartCall, type CartChange, type CartTold, type Counts, sum } from './kill-cart-calls.ts'
import { judgeCarts, judgeTaken } from './kill-cart-judge.ts'
import { judgeStates } from './kill-cart-states.ts'
import { judgeSums } from './kill-cart-sums.ts'
import { buy, dataDirOf, startStore } from './store.ts'

type Said = readonly [what: CartCall['what'], told: CartTold]

const item = 'Tux'
const add = (count: number, told: CartTold): Said => [{ op: 'add', item, count }, told]
const set = (count: number, told: CartTold): Said => [{ op: 'set', item, count }, told]
const of = (count: number): Counts => new Map(count === 0 ? [] : [[item, count]])
const look = (count: number): Said => [{ op: 'look' }, of(count)]
const checkOut = (count: number): Said => [{ op: 'checkout' }, of(count)]
const bought = (key: string, count: number): Said => [{ op: 'buy', key }, of(count)]
const unknown = (what: CartChange): Said => [what, 'unknown']

/** One call after the other, each of a millisecond. */
const calls = (said: readonly Said[], cart = 'ann'): CartCall[] =>
  said.map(([what, told], i) => ({ cart, what, told, sent: 2 * i, answered: 2 * i + 1 }))

const right: Record<string, Said[]> = {
  'additions, new counts, removals, a checkout': [
    add(2, 2),
    add(3, 5),
    set(1, 1),
    look(1),
    [{ op: 'remove', item }, 'done'],
    look(0),
    set(3, null),
    add(1, 1),
    set(0, 0),
    look(0),
    add(4, 4),
    [{ op: 'clear' }, 'done'],
    add(1, 1),
    checkOut(1),
    checkOut(0),
  ],
  'a purchase, and a refusal that left all': [
    add(2, 2),
    [{ op: 'buy', key: 'k1' }, 'nothing'],
    bought('k2', 2),
    look(0),
  ],
  'an empty cart that is bought': [bought('k1', 0), look(0)],
  'a change that nobody answered, and that happened': [add(2, 2), unknown({ op: 'add', item, count: 3 }), look(5)],
  'one that did not': [add(2, 2), unknown({ op: 'add', item, count: 3 }), look(2), add(1, 3)],
  'one that came after the next look': [add(2, 2), unknown({ op: 'clear' }), look(2), look(0)],
  'one that came while the cart was bought': [
    add(2, 2),
    unknown({ op: 'add', item, count: 3 }),
    bought('k1', 2),
    look(3),
  ],
  'one that came between the look of a purchase and the moment in which it took out what it bought': [
    add(2, 2),
    unknown({ op: 'set', item, count: 5 }),
    bought('k1', 2),
    look(3),
  ],
  'two that came the other way round': [
    unknown({ op: 'clear' }),
    unknown({ op: 'add', item, count: 3 }),
    look(3),
    look(0),
  ],
}

const wrong: Record<string, Said[]> = {
  'an addition that is lost': [add(2, 2), add(1, 3), look(2)],
  'an addition that was answered wrongly': [add(2, 2), add(1, 2)],
  'an addition made twice': [add(2, 2), look(4)],
  'an addition that was told not to be made': [add(2, 'nothing'), look(2)],
  'an unanswered addition made twice': [unknown({ op: 'add', item, count: 3 }), look(6)],
  'a count that is lost': [add(2, 2), set(1, 1), look(2)],
  'a new count of what is not there': [set(2, 2)],
  'a removal that is lost': [add(2, 2), [{ op: 'remove', item }, 'done'], look(2)],
  'a clearing that is lost': [add(2, 2), [{ op: 'clear' }, 'done'], look(2)],
  'a cart emptied without an order': [add(2, 2), [{ op: 'buy', key: 'k1' }, 'nothing'], look(0)],
  'a cart that lost what nobody took out': [add(2, 2), look(2), look(0)],
  'a cart that is bought and stays': [add(2, 2), bought('k1', 2), look(2)],
  'a cart that is bought twice': [add(2, 2), bought('k1', 2), bought('k2', 2), look(0)],
  'what was added after a purchase and went with it': [add(2, 2), bought('k1', 2), add(1, 1), look(0)],
  'a purchase of more than there was': [add(2, 2), bought('k1', 3)],
  'a checkout answered to two': [add(2, 2), checkOut(2), checkOut(2)],
  'a cart told to be empty that is not': [add(2, 2), bought('k1', 0)],
}

for (const [what, said] of Object.entries(right))
  t.test(`right: ${what}`, async (t) => t.equal(judgeStates(calls(said)), undefined))
for (const [what, said] of Object.entries(wrong))
  t.test(`caught: ${what}`, async (t) => {
    t.match(judgeStates(calls(said)), /^ann: ".*" where it held /)
  })

t.test('a change without an answer comes within five seconds, or never', async (t) => {
  const [first, lost, last] = calls([add(2, 2), unknown({ op: 'clear' }), look(0)]) as [CartCall, CartCall, CartCall]
  const later = { ...last, what: { op: 'look' }, told: of(2), sent: 5900, answered: 5901 } as const
  const again = { ...last, sent: 6000, answered: 6001 }
  t.equal(judgeStates([first, lost, again]), undefined)
  t.match(judgeStates([first, lost, later, again]), /"look -> nothing" where it held 2 Tux/)
})

const noOrders: ReadonlyMap<string, Counts> = new Map()
const sums: Record<string, Said[]> = {
  'an addition that is lost': [add(2, 2), add(1, 3), look(2)],
  'an addition that was answered wrongly': [add(2, 2), add(1, 2)],
  'an addition made twice': [add(2, 2), look(4)],
  'an addition that was told not to be made': [add(2, 'nothing'), look(2)],
  'an unanswered addition made twice': [unknown({ op: 'add', item, count: 3 }), look(6)],
  'a cart that is bought twice': [add(2, 2), bought('k1', 2), bought('k2', 2)],
  'a cart that is bought and stays': [add(2, 2), bought('k1', 2), look(2)],
  'a cart that lost what nobody took out': [add(2, 2), look(2), look(0)],
  'what was added after a purchase and went with it': [add(2, 2), bought('k1', 2), add(1, 1), look(0)],
  'a checkout answered to two': [add(2, 2), checkOut(2), checkOut(2)],
}
for (const [what, said] of Object.entries(sums))
  t.test(`caught in a cart that two share: ${what}`, async (t) => {
    t.equal(judgeSums(calls(said.slice(0, -1)), noOrders), undefined)
    t.match(judgeSums(calls(said), noOrders), /^ann: .* Tux, of which at least \d+ and at most -?\d+ can be there$/)
  })

t.test(
  'caught in a cart that two share: what each of two at the same time was told, and both cannot have',
  async (t) => {
    for (const both of [
      [checkOut(2), checkOut(2)],
      [bought('k1', 2), bought('k2', 2)],
    ]) {
      const [first, ...others] = calls([add(2, 2), ...both, look(0)]) as [CartCall, CartCall, CartCall, CartCall]
      const together = [first, { ...others[0], answered: 10 }, { ...others[1], answered: 10 }]
      t.equal(judgeSums(together, noOrders), undefined, 'each alone can')
      t.match(judgeSums([...together, { ...others[2], sent: 11, answered: 12 }], noOrders), /a look found 0 Tux/)
    }
    const unanswered: CartCall[] = [
      ...calls([add(2, 2)]),
      { cart: 'ann', what: { op: 'checkout' }, told: 'unknown', sent: 3, answered: 4 },
      { cart: 'ann', what: { op: 'look' }, told: of(0), sent: 5, answered: 6 },
    ]
    t.equal(judgeSums(unanswered, noOrders), undefined, 'but a checkout that nobody answered may have taken all')
    t.match(
      judgeSums(calls([add(2, 2), look(0)]), new Map([['k1', of(2)]])),
      /a look found 0/,
      'and an order not of it none',
    )
  },
)

/** Random calls of one session of a cart that does what the cart service's rule does, and sometimes does not answer. */
function session(random: () => number): CartCall[] {
  const dice = (sides: number): number => Math.floor(random() * sides)
  let cart: Cart | undefined
  const counts = (): Counts => sum((cart?.items ?? []).map(({ itemId, unitCount }) => [String(itemId), unitCount]))
  const change = (what: CartChange): CartTold => {
    const named = { ...what, customer: 'ann', named: 'unitCount', offer: {} } as const
    const before = counts()
    const done = changeCart(cart, named as Parameters<typeof changeCart>[1], '')
    cart = done.cart
    if (what.op === 'checkout') return before
    return 'count' in what ? ((done.answer as CartItem | null)?.unitCount ?? null) : 'done'
  }
  const late: CartChange[] = []
  let orders = 0
  return Array.from({ length: 40 }, (_, i): CartCall => {
    const call = { cart: 'ann', sent: 100 * i, answered: 100 * i + 50 }
    if (random() < 0.3 && late.length > 0) change(late.splice(dice(late.length), 1)[0]!)
    const toy = ['Tux', 'Fox'][dice(2)]!
    const whats: CartCall['what'][] = [
      { op: 'add', item: toy, count: 1 + dice(3) },
      { op: 'add', item: toy, count: 1 + dice(3) },
      { op: 'set', item: toy, count: dice(3) },
      { op: 'remove', item: toy },
      { op: 'checkout' },
      { op: 'clear' },
      { op: 'buy', key: `k${i}` },
      { op: 'look' },
    ]
    const what = whats[dice(whats.length)]!
    if (what.op === 'look') return { ...call, what, told: counts() }
    if (what.op === 'buy') {
      const told = counts()
      if (random() < 0.3 && late.length > 0) change(late.splice(dice(late.length), 1)[0]!)
      orders += 1
      const lines = [...told].map(([itemId, count]) => ({ itemId, count }))
      const take = { op: 'take', customer: 'ann', attempt: `a1-${orders}`, order: orders, lines } as const
      cart = changeCart(cart, take, '').cart
      return { ...call, what, told }
    }
    if (random() > 0.15) return { ...call, what, told: change(what) }
    const lot = dice(3)
    if (lot === 0) change(what)
    if (lot === 1) late.push(what)
    return { ...call, what, told: 'unknown' }
  })
}

t.test('whatever the rule of carts does is right, and one count of it changed is nearly always caught', async (t) => {
  const seed = Number(process.env.SEED ?? 1)
  t.comment(`seed ${seed}`)
  const random = randomFrom(seed)
  let [planted, caught] = [0, 0]
  for (let round = 0; round < 300; round++) {
    const said = session(random)
    t.equal(judgeStates(said), undefined)
    const at = said.findIndex(({ told }, i) => i > 10 && typeof told === 'number' && told > 0)
    if (at < 0) continue
    planted += 1
    const changed = said.map((call, i) => (i === at ? { ...call, told: (call.told as number) + 100 } : call))
    if (judgeStates(changed) !== undefined) caught += 1
  }
  t.equal(caught, planted)
  t.ok(planted > 200)
})

/**
 * Random calls of two sessions of one cart, each done somewhere between its beginning and its end, or, where nobody answered,
 * later or never. `lost`: this addition is answered as the others, and not made.
 */
function twoSessions(random: () => number, lost?: number): CartCall[] {
  interface Event {
    at: number
    happens: () => void
  }
  const events: Event[] = []
  const said: CartCall[] = []
  let [held, made] = [0, 0]
  const ask = (what: CartCall['what'], sent: number, answered: number): CartCall => {
    const call: CartCall = { cart: 'ann', what, told: 'unknown', sent, answered }
    said.push(call)
    return call
  }
  for (const buys of [true, false])
    for (let i = 0, at = 0; i < 30; i++) {
      const [sent, answered] = [at + random() * 3, at + 3 + random() * 5]
      at = answered
      const between = (from: number): number => from + random() * (answered - from)
      const dice = random()
      if (buys && dice < 0.4) {
        const call = ask({ op: 'buy', key: `k${i}` }, sent, answered)
        const look = between(sent)
        events.push({ at: look, happens: () => Object.assign(call, { told: of(held) }) })
        events.push({ at: between(look), happens: () => (held -= (call.told as Counts).get(item) ?? 0) })
      } else if (dice < 0.6) {
        const call = ask({ op: 'look' }, sent, answered)
        events.push({ at: between(sent), happens: () => Object.assign(call, { told: of(held) }) })
      } else {
        const count = 1 + Math.floor(random() * 3)
        const call = ask({ op: 'add', item, count }, sent, answered)
        const isAnswered = random() < 0.9
        const happens = (): void => {
          const told = held + count
          if (isAnswered) Object.assign(call, { told })
          if (!isAnswered || made++ !== lost) held = told
        }
        if (isAnswered || random() < 0.6)
          events.push({ at: isAnswered ? between(sent) : sent + random() * 100, happens })
      }
    }
  for (const { happens } of events.sort((a, b) => a.at - b.at)) happens()
  return [...said, { cart: 'ann', what: { op: 'look' }, told: of(held), sent: 1000, answered: 1001 }]
}

t.test(
  'whatever two sessions may see of one cart is right, and an addition that is lost is often caught',
  async (t) => {
    const seed = Number(process.env.SEED ?? 1)
    t.comment(`seed ${seed}`)
    const random = randomFrom(seed)
    let caught = 0
    for (let round = 0; round < 300; round++) {
      t.equal(judgeSums(twoSessions(random), noOrders), undefined)
      if (judgeSums(twoSessions(random, 5), noOrders) !== undefined) caught += 1
    }
    t.ok(caught > 100, `${caught} of 300`)
  },
)

t.test('a stopped store in which a cart was bought: its files are held against what was told', async (t) => {
  const dataDir = dataDirOf(t)
  const { url, stop } = await startStore({ dataDir, t })
  for (const toy of ['Tux', 'Fox']) await ask(`${url}/items/ann/${toy}`, { method: 'POST', body: { unitCount: 2 } })
  t.equal((await buy(url, { cart: 'ann' }, { key: 'k1' })).status, 200)
  await ask(`${url}/items/ann/Tux`, { method: 'POST', body: { unitCount: 1 } })
  t.equal(await stop(), 0)
  const both: Counts = new Map([
    ['Tux', 2],
    ['Fox', 2],
  ])
  const fox: Said = [{ op: 'add', item: 'Fox', count: 2 }, 2]
  const said: Said[] = [add(2, 2), fox, [{ op: 'buy', key: 'k1' }, both], add(1, 1), look(1)]
  const own = new Set(['ann'])
  const judged = async (heard: readonly Said[] = said): Promise<string[]> => [
    ...judgeCarts(dataDir, calls(heard), own),
    ...(await judgeTaken(dataDir, calls(heard))),
  ]
  t.strictSame(await judged(), [])
  t.strictSame(judgeCarts(dataDir, calls(said), new Set()), [], 'as a shared one')
  t.match(await judged([add(2, 2), add(1, 3), look(3)]), [
    /ann: nobody asked for order 1 \(k1\)/,
    /its file holds 1 Tux, and the last look found 3 Tux/,
  ])
  const refusedThen: Said[] = [add(2, 2), fox, [{ op: 'buy', key: 'k1' }, 'nothing']]
  t.match(await judged(refusedThen), [/order 1 \(k1\) bought 2 Fox, 2 Tux, and its customer was not told so/])
  for (const [what, path, from, to, message] of [
    ['an order of another cart', 'order/orders.csv', /,ann,k1,/g, ',bob,k1,', /bob: nobody asked for order 1/],
    ['an order of other pieces', 'order/orders.csv', /,Tux,2,/, ',Tux,3,', /order 1 \(k1\) bought 2 Fox, 3 Tux/],
    [
      'an order that its cart does not know',
      'order/orders.csv',
      /,a1-1,/g,
      ',a1-2,',
      /\(a1-2\), and the cart knows 1 \(a1-1\)/,
    ],
  ] as const) {
    const file = `${dataDir}/${path}`
    const text = readFileSync(file, 'utf8')
    const edited = text.replace(from, to)
    t.not(edited, text, `planted: ${what}`)
    writeFileSync(file, edited)
    t.match((await judged()).join('; '), message, what)
    writeFileSync(file, text)
  }
})
