/** The list of toys, and its pages. */
import { type Check, Failed, LeftOut, type Shop } from '../check.ts'
import { pageOf } from '../expect.ts'
import { nameCursor, type Toy, toyShape } from '../shapes.ts'
import { quoted } from '../words.ts'

/** A hundred thousand toys; a shop with more is checked by those. */
const pagesMax = 100
const rowsMax = 1000

/** By name. */
export const allToys: Check<Toy[]> = {
  name: 'GET /products',
  routes: ['GET /products'],
  async run(shop) {
    const toys: Toy[] = []
    let after: string | null | undefined
    for (let page = 0; page < pagesMax && after !== null; page++) {
      const { data, next } = await toyPage(shop, rowsMax, after)
      for (const toy of data) {
        const last = toys.at(-1)
        if (last !== undefined && toy.name <= last.name)
          throw new Failed('toys by name, each once', `${quoted(toy.name)} behind ${quoted(last.name)}`)
        toys.push(toy)
      }
      if (next !== null && next !== data.at(-1)?.name)
        throw new Failed('next to be the last name of the page', `next ${quoted(next)}`)
      after = next
    }
    if (after !== null) shop.tell(`the first ${toys.length} toys; there are more`)
    else if (toys.length === 0) shop.tell('the store has no toys')
    return toys
  },
}

export const toyPages: Check = {
  name: 'GET /products by pages of one',
  routes: ['GET /products'],
  async run(shop) {
    const [first, second] = shop.after(allToys).map(({ name }) => name)
    await expectPage(shop, undefined, first, second !== undefined)
    if (first !== undefined && second !== undefined) await expectPage(shop, first, second, undefined)
    // No name of a toy can be behind it: the highest there is, as often as a name may be long.
    await expectPage(shop, '\uffff'.repeat(60), undefined, false)
  },
}

/** `more` undefined: it does not matter. */
async function expectPage(
  shop: Shop,
  after: string | undefined,
  name: string | undefined,
  more: boolean | undefined,
): Promise<void> {
  const { data, next } = await toyPage(shop, 1, after)
  const behind = after === undefined ? '' : ` behind ${quoted(after)}`
  const found = data.map((toy) => toy.name)
  if (found.length > 1 || found[0] !== name)
    throw new Failed(
      `${name === undefined ? 'no toy' : `only ${quoted(name)}`}${behind}`,
      found.length === 0 ? 'none' : found.map(quoted).join(', '),
    )
  const wanted = more === false ? null : name
  if (more !== undefined && next !== wanted)
    throw new Failed(`next ${wanted == null ? 'null' : quoted(wanted)}${behind}`, next === null ? 'null' : quoted(next))
}

async function toyPage(shop: Shop, limit: number, after?: string): Promise<{ data: Toy[]; next: string | null }> {
  const from = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
  const answer = await shop.ask({ path: `/products?limit=${limit}${from}` })
  return pageOf(answer, toyShape, nameCursor, 'a page of toys (name, price, quantity, stock) and next')
}

/** The one of which there are the most. Throws LeftOut where the store has no toys. */
export function plentiful(shop: Shop): Toy {
  const toys = shop.after(allToys)
  const [first] = toys
  if (first === undefined) throw new LeftOut('the store has no toys')
  return toys.reduce((most, toy) => (toy.stock > most.stock ? toy : most), first)
}

/** As the list has it now: `name` must be a toy's. */
export async function listed(shop: Shop, name: string): Promise<Toy | undefined> {
  const names = shop.after(allToys).map((toy) => toy.name)
  const { data } = await toyPage(shop, 1, names[names.indexOf(name) - 1])
  return data.find((toy) => toy.name === name)
}
