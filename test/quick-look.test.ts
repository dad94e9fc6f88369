/** The quick looks before the schemas: they never take what the schema would refuse or change, and they do take what is usual. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import type { z } from 'zod'
import { cartOpSchema, isUsual } from '../cart/client.ts'
import { commands } from '../catalog/server.ts'
import { additionSchema, isAddition } from '../frontend/cart.ts'
import { isKeyed, isPurchase, keyedSchema, purchaseSchema } from '../order/client.ts'
import { commands as paymentCommands } from '../payment/server.ts'
import { runs } from '../storage/test/seed.ts'

/** What may stand in any field, right and wrong. */
const anything = fc.oneof(
  fc.constantFrom('Tux', ' Tux', 'a\nb', '=1', '', '.', '🦄', '\ud800', 'x'.repeat(201), '__proto__'),
  fc.constantFrom(0, 1, -0, 1.5, -1, 1_000_000, 1_000_001, Number.NaN, 2 ** 53, '1', true, null, undefined),
  fc.constantFrom('a1-1', 'a01-1', 'a1-', 'key-1', '~key', 'k'.repeat(256), 'reserve', 'confirm', 'void', 'open'),
  fc.constantFrom([], {}, [{}]),
)
const item = fc.oneof(
  fc.record({ account: anything, amount: anything }, { requiredKeys: [], noNullPrototype: true }),
  fc.record({ account: fc.constant('Tux'), amount: fc.integer({ min: -1, max: 2 }) }, { noNullPrototype: true }),
)
const fields = fc.record(
  {
    name: fc.oneof(anything, fc.constant('Tux')),
    quantity: fc.oneof(anything, fc.integer({ min: -2, max: 1_000_002 })),
    key: fc.oneof(anything, fc.constant('key-1')),
    user: fc.oneof(anything, fc.constant('ann')),
    items: fc.oneof(anything, fc.constant([{ name: 'Tux', quantity: 1 }])),
  },
  { requiredKeys: ['name', 'quantity'], noNullPrototype: true },
)
const command = fc.record(
  {
    op: fc.oneof(anything, fc.constantFrom('reserve', 'confirm', 'void'), fc.constant('reserve')),
    id: fc.oneof(anything, fc.constant('a1-1'), fc.constant('a2-2')),
    after: fc.oneof(anything, fc.nat()),
    items: fc.oneof(anything, fc.array(item, { minLength: 1, maxLength: 2 })),
  },
  { requiredKeys: ['op', 'id'], noNullPrototype: true },
)
const offer = fc.record(
  { offeredPrice: fc.oneof(anything, fc.constant(25.99)), specialSale: anything },
  { requiredKeys: [], noNullPrototype: true },
)
const cartOp = fc.record(
  {
    op: fc.oneof(anything, fc.constantFrom('add', 'get', 'set')),
    customer: fc.oneof(anything, fc.constant('ann')),
    item: fc.oneof(anything, fc.constant(7)),
    count: fc.oneof(anything, fc.constant(1)),
    named: fc.oneof(anything, fc.constant('unitCount')),
    offer: fc.oneof(anything, offer, fc.constant({})),
  },
  { requiredKeys: ['op', 'customer'], noNullPrototype: true },
)
const addition = fc.record(
  {
    unitCount: fc.oneof(anything, fc.constant(2)),
    offeredPrice: fc.oneof(anything, fc.constant(9.99)),
    itemCount: anything,
  },
  { requiredKeys: ['unitCount'], noNullPrototype: true },
)
const value = (own: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 9, arbitrary: own },
    anything,
    own.map((below) => Object.create(below as object) as unknown),
    fc.array(own, { maxLength: 2 }),
  )

for (const [what, looksRight, schema, values, usual] of [
  [
    'isPurchase',
    isPurchase,
    purchaseSchema,
    value(fields),
    [
      { name: 'Tux', quantity: 1 },
      { name: 'Tux', quantity: 1, user: 'ann' },
    ],
  ],
  [
    'isKeyed',
    isKeyed,
    keyedSchema,
    value(fields),
    [
      { name: 'Truck, "big"', quantity: 1_000_000, key: 'a.b_c:d-1' },
      { name: 'Tux', quantity: 1, key: 'k', user: 'O\'Neil, "Ann"' },
    ],
  ],
  [
    'isCommand',
    commands.looksRight,
    commands.schema,
    value(command),
    [
      { op: 'reserve', id: 'a1-1', after: 0, items: [{ account: 'Tux', amount: 1 }] },
      { op: 'confirm', id: 'a12-345' },
      { op: 'void', id: 'a1-1' },
    ],
  ],
  [
    "payment's isCommand",
    paymentCommands.looksRight,
    paymentCommands.schema,
    value(command),
    [
      { op: 'reserve', id: 'a1-1', after: 0, items: [{ account: 'ann', amount: 0 }] },
      { op: 'reserve', id: 'a1-1', after: 7, items: [{ account: 'ann', amount: Number.MAX_SAFE_INTEGER }] },
    ],
  ],
  [
    "isUsual of a cart's calls",
    isUsual,
    cartOpSchema,
    value(cartOp),
    [
      { op: 'get', customer: 'ann' },
      { op: 'add', customer: 'ann', item: 'Tux', count: 1, named: 'unitCount', offer: {} },
      { op: 'add', customer: 'ann', item: 7, count: 1, named: 'unitCount', offer: { offeredPrice: 25.99 } },
    ],
  ],
  ['isAddition', isAddition, additionSchema, value(addition), [{ unitCount: 1 }, { unitCount: 1, offeredPrice: 50 }]],
] as [string, (value: unknown) => boolean, z.ZodType, fc.Arbitrary<unknown>, unknown[]][])
  t.test(`${what} takes nothing that its schema would refuse or change`, async (t) => {
    let taken = 0
    fc.assert(
      fc.property(values, (given) => {
        if (!looksRight(given)) return
        taken += 1
        const result = schema.safeParse(structuredClone(given))
        if (!result.success || !isDeepStrictEqual(result.data, given))
          throw new Error(`it took ${JSON.stringify(given)}`)
      }),
      runs(20_000),
    )
    t.ok(taken > 20, `${taken} of them were taken`)
    for (const one of usual) t.ok(looksRight(one), JSON.stringify(one))
  })
