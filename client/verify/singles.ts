/**
 * Whether each toy shown alone is the one that is listed. The list is the catalog's own; a toy alone comes from the front
 * end's memory, so a stale one shows here. On a shop in use the two are read at different moments: a toy that differs is
 * looked at again between two lists, and what lies between them is right.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Progress } from '../progress.ts'
import type { Findings } from './books.ts'
import { readToy, type ShownToy } from './rows.ts'
import { eachOf, type Shop } from './shop.ts'

/** How long the list is older than the toy: what the front end's memory may lag behind, and more with each look. */
const agesMs = [0, 20, 100, 400, 1000]

/** Adds what is wrong to `findings`; `toys` are those of a list that was read before. */
export async function checkSingles(
  shop: Shop,
  toys: ReadonlyMap<string, ShownToy>,
  findings: Findings,
  progress: Progress,
): Promise<void> {
  const names = [...toys.keys()]
  const places = names.map((_, place) => place)
  let done = 0
  for await (const { place, found } of eachOf(places, async (place) => ({
    place,
    found: await alone(shop, names[place]!),
  }))) {
    const name = names[place]!
    if (!isSame(found, toys.get(name))) await lookAgain(shop, name, names[place - 1], findings)
    progress.tell(`toys of ${shop.url}`, ++done / names.length)
  }
}

/** A sentence where it cannot be read. */
async function alone(shop: Shop, name: string): Promise<ShownToy | string | undefined> {
  const value = await shop.product(name)
  if (value === undefined) return undefined
  const { row, fault } = readToy(value)
  return row ?? fault
}

const isSame = (found: ShownToy | string | undefined, listed: ShownToy | undefined): boolean =>
  typeof found === 'object' &&
  found.name === listed?.name &&
  found.price === listed.price &&
  found.stock === listed.stock

/** `before`: the toy listed before it; undefined for the first. */
async function lookAgain(shop: Shop, name: string, before: string | undefined, findings: Findings): Promise<void> {
  let fault: string | undefined
  for (const ageMs of agesMs) {
    const first = await listed(shop, name, before)
    await pause(ageMs)
    const found = await alone(shop, name)
    fault = faultOf(name, first, found, await listed(shop, name, before))
    if (fault === undefined) return
  }
  findings.add(fault!)
}

async function listed(shop: Shop, name: string, before: string | undefined): Promise<ShownToy | undefined> {
  const { data } = await shop.products(before, 1)
  const row = data.length === 0 ? undefined : readToy(data[0]).row
  return row?.name === name ? row : undefined
}

function faultOf(
  name: string,
  first: ShownToy | undefined,
  found: ShownToy | string | undefined,
  last: ShownToy | undefined,
): string | undefined {
  if (typeof found === 'string') return found
  const path = `GET /products/${name}`
  const listed = [first, last].filter((toy) => toy !== undefined)
  if (found === undefined)
    return listed.length < 2 ? undefined : `${name}: it is listed, but ${path} says there is none`
  if (listed.length === 0) return `${name}: ${path} shows it, but it is not listed`
  if (found.name !== name) return `${name}: ${path} shows ${JSON.stringify(found.name)}`
  if (listed.every(({ price }) => price !== found.price))
    return `${name}: ${path} shows the price ${found.price / 100}, the list ${listed[0]!.price / 100}`
  const stocks = listed.map(({ stock }) => stock)
  if (found.stock >= Math.min(...stocks) && found.stock <= Math.max(...stocks)) return undefined
  return `${name}: ${path} shows ${found.stock} pieces, the list ${stocks.join(' and then ')}`
}
