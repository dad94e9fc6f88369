/** The owner's routes: that they answer the owner, and nobody else. */
import type { Answer, Asked } from '../answer.ts'
import { type Check, Failed, LeftOut, type Shop } from '../check.ts'
import { checkRefusal, reasonOf, told } from '../expect.ts'

/** Throws LeftOut where nobody has said who the owner is, and Failed where the token is refused. */
export async function askForOwner(shop: Shop, asked: string | Asked): Promise<Answer> {
  const answer = await shop.askAsOwner(typeof asked === 'string' ? { path: asked } : asked)
  const reason = reasonOf(answer)
  if (reason !== 'unauthorized' && reason !== 'forbidden') return answer
  if (shop.hasToken) throw new Failed("the owner's answer, with the token that was given", told(answer))
  checkRefusal(shop, answer, reason === 'forbidden' ? 403 : 401, reason)
  throw new LeftOut(
    reason === 'forbidden'
      ? "it is for the shop's owner: ask from the store's machine, or set ADMIN_TOKEN and give it as --token"
      : "it is for the shop's owner: give the store's ADMIN_TOKEN as --token",
  )
}

/** What the owner must be refused too. */
export async function refusedToOwner(shop: Shop, asked: Asked, code: number, reason: string): Promise<void> {
  checkRefusal(shop, await askForOwner(shop, asked), code, reason)
}

/** A question that must be refused, and is none about anything of the shop. */
export const refusalToOwner = (name: string, route: string, asked: Asked, code: number, reason: string): Check => ({
  name: `${name}, ${code}`,
  routes: [route],
  run: (shop) => refusedToOwner(shop, asked, code, reason),
})

/** `body` is sent as JSON; with a key where one is given. */
export const post = (path: string, body?: unknown, key?: string): Asked => ({
  method: 'POST',
  path,
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
})

const paths = ['/orders', '/movements', '/metrics']
const viaProxy = { 'x-forwarded-for': '203.0.113.7' }

/** Through a proxy nobody is the machine itself; with ADMIN_TOKEN set, the token is asked for. */
const notThroughProxy = (path: string): Check => ({
  name: `GET ${path} without the right, 401 or 403`,
  routes: [`GET ${path}`],
  async run(shop) {
    const plain = await shop.ask({ path })
    const answer = await shop.ask({ path, headers: viaProxy })
    if (reasonOf(plain) !== 'unauthorized') return checkRefusal(shop, answer, 403, 'forbidden')
    checkRefusal(shop, answer, 401, 'unauthorized')
    if (answer.headers['www-authenticate'] !== 'Bearer')
      throw new Failed('the header www-authenticate: Bearer', told(answer))
    const guess = await shop.ask({ path, headers: { authorization: 'Bearer smoke-no-token' } })
    checkRefusal(shop, guess, 401, 'unauthorized')
  },
})

/** Not even with the token. */
const notFromOtherSites = (path: string): Check => ({
  name: `GET ${path} from another site's page, 403`,
  routes: [`GET ${path}`],
  async run(shop) {
    const answer = await shop.askAsOwner({ path, headers: { origin: 'http://smoke.invalid' } })
    checkRefusal(shop, answer, 403, 'forbidden')
  },
})

export const ownerChecks: readonly Check[] = paths.flatMap((path) => [notThroughProxy(path), notFromOtherSites(path)])
