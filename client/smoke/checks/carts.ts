/** A customer's cart, by both of its paths: filled, looked at, changed and emptied. Each is ours alone, and empty in the end. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Answer, Asked } from '../answer.ts'
import { type Check, Failed, type Shop } from '../check.ts'
import { bodyOf, reasonOf, refused, told } from '../expect.ts'
import { nobodys } from './new-toy.ts'
import { post } from './owner.ts'
import { mintKey } from './purchase.ts'

const itemShape = z.strictObject({
  itemId: z.union([z.int().nonnegative(), z.string().min(1)]),
  unitCount: z.int().nonnegative(),
  itemCount: z.int().nonnegative().optional(),
  offeredPrice: z.number().nonnegative().optional(),
  specialSale: z.union([z.boolean(), z.number(), z.string()]).optional(),
  saleExpiration: z.union([z.number(), z.string()]).optional(),
  timestamp: z.iso.datetime(),
})
/** As it must be shown, but for when it was changed. */
export type WantedItem = Omit<z.infer<typeof itemShape>, 'timestamp'>

const prefixes = ['/items', '/item'] as const
type Prefix = (typeof prefixes)[number]

/** A UPC, whose leading zeros say nothing, and what is no number. */
const upc = 36_000_291_452
const other = 'smoke item'
const offer = { offeredPrice: 2.5, specialSale: true, saleExpiration: '2030-01-01T00:00:00Z' }
const countMax = 1_000_000

/** A path of the cart of `customer`, or of an item in it. */
const pathOf = (prefix: Prefix, customer: string, item?: number | string): string =>
  `${prefix}/${encodeURIComponent(customer)}${item === undefined ? '' : `/${encodeURIComponent(item)}`}`

/** A customer of whom nobody has heard. */
export const newCustomer = mintKey

export const addTo = (customer: string, item: number | string, body?: unknown, prefix: Prefix = '/items'): Asked =>
  post(pathOf(prefix, customer, item), body)

const put = (path: string, body: unknown): Asked => ({ method: 'PUT', path, body: JSON.stringify(body) })
const remove = (path: string): Asked => ({ method: 'DELETE', path })

const untimed = ({ timestamp: _, ...item }: z.infer<typeof itemShape>): WantedItem => ({ ...item })

export async function expectItem(shop: Shop, asked: Asked, wanted: WantedItem): Promise<void> {
  const answer = await shop.ask(asked)
  const item = bodyOf(answer, itemShape, 'an item of the cart')
  if (!isDeepStrictEqual(untimed(item), wanted)) throw new Failed(JSON.stringify(wanted), told(answer))
}

/** Just these, in this order. */
export async function expectItems(shop: Shop, asked: Asked, wanted: readonly WantedItem[]): Promise<void> {
  const answer = await shop.ask(asked)
  const items = bodyOf(answer, z.array(itemShape), 'the items of the cart')
  if (!isDeepStrictEqual(items.map(untimed), wanted)) throw new Failed(JSON.stringify(wanted), told(answer))
}

export const expectCart = (shop: Shop, customer: string, wanted: readonly WantedItem[], prefix: Prefix = '/items') =>
  expectItems(shop, { path: pathOf(prefix, customer) }, wanted)

/** Whether anything was there or not. */
async function expectDone(shop: Shop, asked: Asked): Promise<void> {
  bodyOf(await shop.ask(asked), z.strictObject({}), '{}')
}

export const empty = (shop: Shop, customer: string): Promise<void> =>
  expectDone(shop, remove(pathOf('/items', customer)))

/** One after the other, about one cart. */
function checksAt(prefix: Prefix): readonly Check[] {
  const [cart, item] = [`${prefix}/:customer`, `${prefix}/:customer/:item`]
  const [cartName, itemName] = [`${prefix}/<customer>`, `${prefix}/<customer>/<item>`]

  const emptyCart: Check<string> = {
    name: `GET ${cartName} of who has none, empty`,
    routes: [`GET ${cart}`],
    async run(shop) {
      const customer = newCustomer()
      await expectCart(shop, customer, [], prefix)
      return customer
    },
  }

  /** One where nothing is said; then more of it, with an offer. Its items then. */
  const add: Check<{ customer: string; items: [WantedItem, WantedItem] }> = {
    name: `POST ${itemName}, counts add up`,
    routes: [`POST ${item}`],
    async run(shop) {
      const customer = shop.after(emptyCart)
      await expectItem(shop, addTo(customer, `00${upc}`, undefined, prefix), { itemId: upc, unitCount: 1 })
      const more = { itemId: upc, unitCount: 3, ...offer }
      const another = { itemId: other, unitCount: 4, itemCount: 4 }
      await expectItem(shop, addTo(customer, other, { itemCount: 4 }, prefix), another)
      await expectItem(shop, addTo(customer, upc, { unitCount: 2, ...offer }, prefix), more)
      return { customer, items: [more, another] }
    },
  }

  const filled: Check<{ customer: string; items: [WantedItem, WantedItem] }> = {
    name: `GET ${cartName}, in the order first added`,
    routes: [`GET ${cart}`],
    async run(shop) {
      const { customer, items } = shop.after(add)
      await expectCart(shop, customer, items, prefix)
      return { customer, items }
    },
  }

  /** The other one goes and comes again. */
  const set: Check<{ customer: string; items: WantedItem[] }> = {
    name: `PUT ${itemName}`,
    routes: [`PUT ${item}`],
    async run(shop) {
      const { customer, items } = shop.after(filled)
      const [first, second] = items
      const five = { ...first, unitCount: 5 }
      const none = { ...second, unitCount: 0, itemCount: 0 }
      await expectItem(shop, put(pathOf(prefix, customer, upc), { newCount: 5 }), five)
      await expectItem(shop, put(pathOf(prefix, customer, other), { newCount: 0 }), none)
      await expectCart(shop, customer, [five], prefix)
      bodyOf(await shop.ask(put(pathOf(prefix, customer, other), { newCount: 2 })), z.null(), 'null: it is not there')
      const again = { itemId: other, unitCount: 1 }
      await expectItem(shop, addTo(customer, other, undefined, prefix), again)
      await expectCart(shop, customer, [five, again], prefix)
      return { customer, items: [five, again] }
    },
  }

  const removeItem: Check<string> = {
    name: `DELETE ${itemName}`,
    routes: [`DELETE ${item}`],
    async run(shop) {
      const { customer, items } = shop.after(set)
      for (let time = 0; time < 2; time++) await expectDone(shop, remove(pathOf(prefix, customer, upc)))
      await expectCart(shop, customer, items.slice(1), prefix)
      return customer
    },
  }

  const removeAll: Check = {
    name: `DELETE ${cartName}`,
    routes: [`DELETE ${cart}`],
    async run(shop) {
      const customer = shop.after(removeItem)
      for (let time = 0; time < 2; time++) await expectDone(shop, remove(pathOf(prefix, customer)))
      await expectCart(shop, customer, [], prefix)
    },
  }

  return [emptyCart, add, filled, set, removeItem, removeAll]
}

/** All is taken out at once, and once. */
const checkout: Check = {
  name: 'POST /checkout/<customer>',
  routes: ['POST /checkout/:customer'],
  async run(shop) {
    const customer = newCustomer()
    const wanted: WantedItem[] = [upc, other].map((itemId) => ({ itemId, unitCount: 1 }))
    for (const item of wanted) await expectItem(shop, addTo(customer, item.itemId), item)
    await expectItems(shop, post(`/checkout/${customer}`), wanted)
    await expectItems(shop, post(`/checkout/${customer}`), [])
    await expectCart(shop, customer, [])
  },
}

/** What must be refused by both paths, and leaves the cart as it is. */
const refusedAt = (
  name: string,
  route: string,
  asks: (prefix: Prefix, customer: string) => readonly Asked[],
): Check => {
  const [method, path] = route.split(' ') as [string, string]
  return {
    name: `${method} /items${path.replace(/:(\w+)/g, '<$1>')} ${name}, 400`,
    routes: prefixes.map((prefix) => `${method} ${prefix}${path}`),
    async run(shop) {
      const customer = newCustomer()
      for (const prefix of prefixes)
        for (const asked of asks(prefix, customer)) await refused(shop, asked, 400, 'bad_request')
      await expectCart(shop, customer, [])
    },
  }
}

const bodies = (path: string, method: 'POST' | 'PUT', all: readonly unknown[]): Asked[] =>
  all.map((body) => ({ method, path, body: JSON.stringify(body) }))

const badCount = refusedAt('of a count that is none', 'POST /:customer/:item', (prefix, customer) => {
  const counts = [0, -1, 1.5, '1', null, countMax + 1]
  const all = counts.flatMap((count) => [{ unitCount: count }, { itemCount: count }])
  return bodies(pathOf(prefix, customer, upc), 'POST', all)
})

const twoCounts = refusedAt('of two counts that differ', 'POST /:customer/:item', (prefix, customer) =>
  bodies(pathOf(prefix, customer, upc), 'POST', [{ unitCount: 1, itemCount: 2 }]),
)

const noObject = refusedAt('with a body that is no object', 'POST /:customer/:item', (prefix, customer) =>
  bodies(pathOf(prefix, customer, upc), 'POST', [[], [{ unitCount: 1 }], 1, 'smoke']),
)

const longNumber = refusedAt('of a number with 400 digits', 'POST /:customer/:item', (prefix, customer) => [
  addTo(customer, '9'.repeat(400), undefined, prefix),
])

const badNewCount = refusedAt('of a count that is none', 'PUT /:customer/:item', (prefix, customer) => {
  const counts = [-1, 1.5, '1', null, countMax + 1]
  return bodies(pathOf(prefix, customer, upc), 'PUT', [...counts.map((newCount) => ({ newCount })), {}, []])
})

const badCustomer = refusedAt('of a customer with a control character', 'GET /:customer', (prefix) => {
  const path = pathOf(prefix, `${nobodys}\u0001`)
  const asks: Asked[] = [
    { path },
    remove(path),
    remove(`${path}/1`),
    post(`${path}/1`),
    put(`${path}/1`, { newCount: 1 }),
  ]
  return [...asks, post(`/checkout/${nobodys}%01`)]
})

/** It holds very many of the longest names there can be, and not more than that. */
const full: Check = {
  name: 'POST /items/<customer>/<item> of more than a cart holds, 409',
  routes: ['POST /items/:customer/:item'],
  async run(shop) {
    const customer = newCustomer()
    const filler = '"'.repeat(namesMax - 3)
    let last: Answer
    let held = 0
    try {
      do {
        const name = `${100 + held}${filler}`
        last = await shop.ask(addTo(customer, name, { specialSale: filler }))
        held += 1
      } while (last.status === 200 && held < itemsTried)
      if (last.status !== 409 || reasonOf(last) !== 'cart_full')
        throw new Failed('409 cart_full in the end', told(last))
      const { length } = bodyOf(
        await shop.ask({ path: `/items/${customer}` }),
        z.array(itemShape),
        'the items of the cart',
      )
      if (length !== held - 1) throw new Failed(`the ${held - 1} items that were taken`, `${length}`)
    } finally {
      await empty(shop, customer)
    }
  },
}
const namesMax = 200
const itemsTried = 300

export const cartChecks: readonly Check[] = [
  ...prefixes.flatMap(checksAt),
  checkout,
  badCount,
  twoCounts,
  noObject,
  longNumber,
  badNewCount,
  badCustomer,
  full,
]
