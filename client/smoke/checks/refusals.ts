/** Purchases that must be refused: none of them can buy anything, also where the store is wrong about the refusal. */
import { type Check, LeftOut } from '../check.ts'
import { checkRefusal, refused } from '../expect.ts'
import { mintKey, order } from './purchase.ts'
import { allToys, plentiful } from './toys.ts'

const quantityMax = 1_000_000
/** Above what the store reads of a purchase: many items may be a large body. */
const largeBytes = 600_000

const purchase = (name: string, code: number, reason: string, body: string, type = 'application/json'): Check => ({
  name: `POST /orders ${name}, ${code}`,
  routes: ['POST /orders'],
  async run(shop) {
    const asked = { method: 'POST', path: '/orders', headers: { 'content-type': type }, body } as const
    await refused(shop, asked, code, reason)
  },
})

const nobody = JSON.stringify({ name: 'smoke-nobody', quantity: 1 })

const badQuantity: Check = {
  name: 'POST /orders of a quantity that is none, 400',
  routes: ['POST /orders'],
  async run(shop) {
    const { name } = plentiful(shop)
    for (const quantity of [0, -1, 1.5, '1', null, quantityMax + 1]) {
      const body = JSON.stringify({ name, quantity })
      await refused(shop, { method: 'POST', path: '/orders', body }, 400, 'bad_request')
    }
  },
}

const moreThanThereIs: Check = {
  name: 'POST /orders of more than there is, 409',
  routes: ['POST /orders'],
  async run(shop) {
    const least = shop.after(allToys).toSorted((a, b) => a.stock - b.stock)[0] ?? plentiful(shop)
    if (least.stock >= quantityMax) throw new LeftOut('there is more of every toy than one purchase may ask for')
    const answer = await order(shop, { name: least.name, quantity: quantityMax }, mintKey())
    checkRefusal(shop, answer, 409, 'out_of_stock')
  },
}

export const refusalChecks: readonly Check[] = [
  purchase('of a toy that is not there', 404, 'product_not_found', nobody),
  moreThanThereIs,
  badQuantity,
  purchase('with a field too many', 400, 'bad_request', JSON.stringify({ name: 'smoke-nobody', quantity: 1, more: 1 })),
  purchase('that is no JSON', 400, 'bad_request', '{"name":'),
  purchase('as text/plain', 415, 'unsupported_media_type', nobody, 'text/plain'),
  purchase('that is too large', 413, 'body_too_large', JSON.stringify({ name: 'n'.repeat(largeBytes), quantity: 1 })),
]
