/** What a load bought and saw, held against a shop: an honest one balances, and each fault is told by its name. */
import t, { type Test } from 'tap'
import { dataDirOf, startStore } from '../../../test/store.ts'
import { type AfterLoad, snapshot, verifyAfterLoad } from '../after-load.ts'
import { type Fault, failing, type ModelShop, type ModelShopOptions, startModelShop } from './model-shop.ts'
import { visit } from './witnesses.ts'

const names = ['Ball', 'Bear', 'Cube']
const looksMs = [0, 50, 150]

interface Visited {
  verdict: AfterLoad
  shop: ModelShop
}

/** A load on the shop while `meanwhile` happens; the shop is honest again when it is checked, where `ends` says so. */
async function loaded(
  t: Test,
  options: ModelShopOptions & { ends?: boolean; token?: string; sessions?: number },
  meanwhile: (shop: ModelShop) => Promise<void> = async () => {},
): Promise<Visited> {
  const { ends = false, token, sessions = 16, ...given } = options
  const shop = await startModelShop(t, given)
  const before = await snapshot(shop.url, token)
  const [witness] = await Promise.all([visit(shop.url, names, { sessions, rounds: 15 }), meanwhile(shop)])
  if (ends) shop.fault = undefined
  return { shop, verdict: await verifyAfterLoad({ url: shop.url, token, before, witness, looksMs }) }
}

t.test('an honest shop balances after sixteen sessions', async (t) => {
  const { verdict, shop } = await loaded(t, {})
  t.strictSame(verdict.differences, [])
  t.equal(verdict.balanced, true)
  t.equal(verdict.line, `books balanced: ${shop.orders.length} orders, 3 toys, 0 differences`)
  t.strictSame(verdict.notes, [])
})

t.test('an honest shop that sells out balances', async (t) => {
  const { verdict } = await loaded(t, { toys: { Ball: 5, Bear: 40, Cube: 0 } })
  t.strictSame(verdict.differences, [])
})

t.test(
  'an honest shop balances while others buy as well, and the verdict says what was not checked then',
  async (t) => {
    const { verdict } = await loaded(t, {}, async ({ url }) => {
      await visit(url, names, { sessions: 4, rounds: 40 })
    })
    t.strictSame(verdict.differences, [])
    t.match(verdict.notes, [/^\d+ orders since are not ours: others bought as well/])
  },
)

t.test('an honest shop balances while others go on buying', async (t) => {
  let going = true
  const shop = await startModelShop(t, { toys: { Ball: 100_000, Bear: 100_000, Cube: 100_000 } })
  const before = await snapshot(shop.url)
  const foreign = (async () => {
    while (going) await visit(shop.url, names, { sessions: 4, rounds: 5 })
  })()
  const witness = await visit(shop.url, names, { sessions: 8, rounds: 20 })
  const verdict = await verifyAfterLoad({ url: shop.url, before, witness, looksMs })
  going = false
  await foreign
  t.strictSame(verdict.differences, [])
  t.ok(
    verdict.notes.some((note) => note.startsWith('The shop was in use')),
    verdict.notes.join('\n'),
  )
})

t.test('an honest shop balances after purchases that failed, of ours and of others', async (t) => {
  const toys = { Ball: 300, Bear: 300, Cube: 300 }
  const shop = await startModelShop(t, { toys })
  const before = await snapshot(shop.url)
  const witness = await visit(shop.url, names, { sessions: 16, rounds: 10, some: failing })
  t.strictSame((await verifyAfterLoad({ url: shop.url, before, witness, looksMs })).differences, [])
  const { verdict } = await loaded(t, { toys }, async ({ url }) => {
    await visit(url, names, { sessions: 16, rounds: 10, some: failing })
  })
  t.strictSame(verdict.differences, [])
})

t.test('an honest shop balances while it is restocked', async (t) => {
  const { verdict } = await loaded(t, { toys: { Ball: 20, Bear: 20, Cube: 20 } }, async (shop) => {
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      shop.restock('Bear', 5)
      shop.restock('Ball', i % 2 === 0 ? 3 : -2)
    }
  })
  t.strictSame(verdict.differences, [])
})

t.test("an honest shop balances that has an older store's orders", async (t) => {
  const shop = await startModelShop(t)
  for (const old of [0, 1, 7]) shop.broughtAlong(old, 'Bear')
  const before = await snapshot(shop.url)
  t.equal(before.newestOrder, 7)
  const witness = await visit(shop.url, names, { sessions: 4, rounds: 10 })
  const verdict = await verifyAfterLoad({ url: shop.url, before, witness, looksMs })
  t.strictSame(verdict.differences, [])
})

t.test('an honest shop balances after purchases without an answer', async (t) => {
  const shop = await startModelShop(t)
  const before = await snapshot(shop.url)
  const witness = await visit(shop.url, names, { sessions: 8, rounds: 10 })
  const lost = await visit(shop.url, names, { sessions: 1, rounds: 10 })
  witness.unknown = lost.purchases.length
  const { differences, notes } = await verifyAfterLoad({ url: shop.url, before, witness, looksMs })
  t.strictSame(differences, [])
  t.match(notes, [/^\d+ purchases ended without an answer/])
})

t.test(
  'a real store balances after a load that buys it empty, and after one that nobody says is the owner',
  async (t) => {
    const dataDir = dataDirOf(t, {
      catalog: { 'toys_db.csv': 'name,price,quantity\nBall,1.10,30\nBear,25.99,500\nCube,0.00,0\n' },
    })
    const ADMIN_TOKEN = 'only-the-owner'
    const { url } = await startStore({ dataDir, t, env: { ADMIN_TOKEN } })
    for (const token of [ADMIN_TOKEN, undefined]) {
      const before = await snapshot(url, token)
      const witness = await visit(url, names, { sessions: 16, rounds: 10 })
      const verdict = await verifyAfterLoad({ url, token, before, witness })
      t.strictSame(verdict.differences, [])
      t.equal(verdict.notes.length, token === undefined ? 2 : 0, verdict.notes.join('\n'))
      t.match(verdict.line, /^books balanced: [1-9]\d* orders, 3 toys, 0 differences$/)
    }
  },
)

const plants: [fault: Fault, difference: RegExp, options?: ModelShopOptions & { ends?: boolean }][] = [
  [
    'oversell',
    /^Cube: movements add up to 3, but 0 in stock \+ \d+ sold is \d+$/,
    { toys: { Ball: 90, Bear: 90, Cube: 3 } },
  ],
  ['lost order', /^order \d+ \(\d \w+ at 25\.99, [\d.]+ in all\) was acknowledged, but the shop has no such order$/],
  ['doubled number', /^order number \d+ was given twice, for \d \w+/],
  ['gap', /^order \d+ is missing: order \d+ comes after order \d+$/],
  ['stale product', /^Ball: \d+ pieces were shown, with those that we had bought before, but .* more than there were$/],
  ['stale product', /^Ball: \d+ pieces were shown, with those that we had bought before/, { ends: true }],
  ['wrong price', /^order \d+ was acknowledged as .* at 25\.99, .* in all, but the shop shows .* at 26\.00, /],
  ['wrong quantity', /^order \d+ was acknowledged as 1 (\w+) at .* but the shop shows 2 \1 /],
  ['overcharge', /^order \d+: \w+ was sold at 26\.99, a price that nobody was shown \(25\.99\)$/],
  ['restock without movement', /^\w+: movements add up to \d+, but \d+ in stock \+ \d+ sold is \d+$/],
  ['unsold', /^\w+: movements add up to \d+, but \d+ in stock \+ \d+ sold is \d+$/],
  ['leak', /^\w+: movements add up to \d+, but \d+ in stock \+ \d+ sold is \d+$/],
  ['shows too many', /^\w+: \d+ pieces were shown, with those .* more than there were$/, { ends: true }],
  ['shows too few', /^\w+: only 1 pieces were shown, but \d+ are left: fewer than there were$/, { ends: true }],
  ['refuses what is there', /^\w+: 1 pieces were refused as out of stock, but \d+ are left$/, { ends: true }],
]
for (const [fault, difference, options] of plants)
  t.test(
    `a shop with the fault "${fault}"${options?.ends ? ', now over,' : ''} does not balance, and the fault is told`,
    async (t) => {
      const { verdict } = await loaded(t, { fault, ...options })
      t.equal(verdict.balanced, false)
      t.match(verdict.line, /^BOOKS DO NOT BALANCE: /)
      t.ok(
        verdict.differences.some((each) => difference.test(each)),
        verdict.differences.join('\n'),
      )
    },
  )

t.test('without the owner, our own orders are held against the shop, and the rest is said not to be', async (t) => {
  const { verdict } = await loaded(t, { adminToken: 'only-the-owner' })
  t.strictSame(verdict.differences, [])
  t.match(verdict.notes, [
    /^What was shown .* only the owner/,
    /^Orders, movements .* were not checked: .* \(unauthorized\)/,
  ])
  for (const [fault, difference] of plants.filter(([one]) => /lost|doubled|gap|wrong|overcharge/.test(one))) {
    const { verdict } = await loaded(t, { adminToken: 'only-the-owner', fault })
    t.ok(
      verdict.differences.some((each) => difference.test(each)),
      `${fault}: ${verdict.differences.join('\n')}`,
    )
  }
})

t.test('with its token, the owner of a shop that asks for it sees all', async (t) => {
  const { verdict } = await loaded(t, { adminToken: 'only-the-owner', token: 'only-the-owner' })
  t.strictSame([verdict.differences, verdict.notes], [[], []])
})

t.test('a load that bought nothing has nothing to be held against', async (t) => {
  for (const adminToken of [undefined, 'only-the-owner']) {
    const { verdict } = await loaded(t, { sessions: 0, ...(adminToken !== undefined && { adminToken }) })
    t.strictSame(verdict.differences, [])
  }
})

t.test('orders that were there before are told, where they are given as new ones', async (t) => {
  const shop = await startModelShop(t)
  const witness = await visit(shop.url, names, { sessions: 2, rounds: 10 })
  const { differences } = await verifyAfterLoad({ url: shop.url, before: await snapshot(shop.url), witness, looksMs })
  t.ok(
    differences.some((each) => /^order 1 was given to us as a new one, but order \d+ was there/.test(each)),
    differences.join('\n'),
  )
})
