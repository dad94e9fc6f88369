/** One toy by its name. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Check, Failed, type Shop } from '../check.ts'
import { dataOf, told } from '../expect.ts'
import { type Toy, toyShape } from '../shapes.ts'
import { quoted } from '../words.ts'
import { allToys, listed, plentiful } from './toys.ts'

const looksMax = 5
/** Longer than a front end is behind the catalog in what others buy. */
const pauseMs = 100

/** The toy's name as each character of a URL may be written. */
export const pathOf = (name: string): string => `/products/${encodeURIComponent(name)}`

export async function askForToy(shop: Shop, name: string, path = pathOf(name)): Promise<Toy> {
  const answer = await shop.ask({ path })
  const toy = dataOf(answer, toyShape, 'a toy: name, price, quantity, stock')
  if (toy.name !== name) throw new Failed(`the toy ${quoted(name)}`, told(answer))
  return toy
}

/**
 * The toy with the most pieces. While others buy, its stock only falls; so what one look shows lies between what the list showed
 * before and what it shows after, except that the front end may hear of others' purchases a moment late.
 */
export const oneToy: Check<Toy> = {
  name: 'GET /products/<name>, as in the list',
  routes: ['GET /products/:name'],
  async run(shop) {
    const before = plentiful(shop)
    for (let look = 1; ; look++) {
      const toy = await askForToy(shop, before.name)
      if (toy.price !== before.price) throw new Failed(`the price of the list, ${inMoney(before)}`, inMoney(toy))
      const after = await listed(shop, before.name)
      if (after !== undefined && toy.stock <= before.stock && toy.stock >= after.stock) return toy
      if (look === looksMax) {
        const most = before.stock === after?.stock ? '' : ` to ${before.stock}`
        throw new Failed(`the list's stock of ${quoted(toy.name)}, ${after?.stock ?? 'gone'}${most}`, `${toy.stock}`)
      }
      await pause(pauseMs)
    }
  },
}

const inMoney = ({ price }: Toy): string => (price / 100).toFixed(2)

export const head: Check = {
  name: 'HEAD /products/<name>',
  routes: ['GET /products/:name'],
  async run(shop) {
    const answer = await shop.ask({ method: 'HEAD', path: pathOf(shop.after(oneToy).name) })
    const expected = '200 with the header of GET, and no body'
    const { 'content-type': type, 'content-length': length } = answer.headers
    if (answer.status !== 200 || answer.text !== '') throw new Failed(expected, told(answer))
    if (type !== 'application/json' || !(Number(length) > 0))
      throw new Failed(expected, `content-type ${type}, content-length ${length}`)
  },
}

/** The name that has the most to escape, with every byte written as an escape. */
export const escapedName: Check = {
  name: 'GET /products/<name>, percent-encoded',
  routes: ['GET /products/:name'],
  async run(shop) {
    const strangeness = (name: string): number => encodeURIComponent(name).length - name.length
    const names = shop.after(allToys).map(({ name }) => name)
    const strangest = names.reduce(
      (most, name) => (strangeness(name) > strangeness(most) ? name : most),
      plentiful(shop).name,
    )
    shop.tell(quoted(strangest))
    await askForToy(shop, strangest)
    const bytes = [...Buffer.from(strangest)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
    await askForToy(shop, strangest, `/products/${bytes.join('')}`)
  },
}
