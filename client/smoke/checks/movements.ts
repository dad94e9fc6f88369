/** What changed the stock and is no purchase, for the owner. */
import type { z } from 'zod'
import { type Check, Failed, type Shop } from '../check.ts'
import { checkRefusal, pageOf } from '../expect.ts'
import { movementShape, numberCursor } from '../shapes.ts'
import { askForOwner } from './owner.ts'

type Movement = z.infer<typeof movementShape>

const movements: Check<Movement[]> = {
  name: 'GET /movements',
  routes: ['GET /movements'],
  async run(shop) {
    const { data, next } = await movementPage(shop, 50, 0)
    for (const [index, { number }] of data.entries())
      if (index > 0 && number <= data[index - 1]!.number)
        throw new Failed('rising numbers', `movement ${number} behind movement ${data[index - 1]!.number}`)
    if (next !== null && next !== data.at(-1)?.number)
      throw new Failed("next to be the page's last number", `next ${next}`)
    return data
  },
}

const movementPages: Check = {
  name: 'GET /movements by pages of one',
  routes: ['GET /movements'],
  async run(shop) {
    const [first, second] = shop.after(movements).map(({ number }) => number)
    const page = await movementPage(shop, 1, 0)
    expectOne(page.data, first)
    if (first === undefined || second === undefined) return
    if (page.next !== first) throw new Failed(`next ${first}`, `next ${page.next}`)
    expectOne((await movementPage(shop, 1, first)).data, second)
  },
}

function expectOne(data: readonly Movement[], number: number | undefined): void {
  const found = data.map((each) => each.number)
  if (number === undefined ? found.length > 0 : found.length !== 1 || found[0] !== number)
    throw new Failed(number === undefined ? 'no movement' : `movement ${number} alone`, `${found}`)
}

const noLedger: Check = {
  name: 'GET /movements of another ledger, 400',
  routes: ['GET /movements'],
  async run(shop) {
    shop.after(movements)
    checkRefusal(shop, await shop.askAsOwner({ path: '/movements?ledger=smoke' }), 400, 'bad_request')
  },
}

async function movementPage(
  shop: Shop,
  limit: number,
  after: number,
): Promise<{ data: Movement[]; next: number | null }> {
  const answer = await askForOwner(shop, `/movements?ledger=stock&limit=${limit}&after=${after}`)
  return pageOf(answer, movementShape, numberCursor, 'a page of movements and next')
}

export const movementChecks: readonly Check[] = [movements, movementPages, noLedger]
