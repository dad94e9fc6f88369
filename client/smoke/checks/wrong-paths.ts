/** Reads that must be refused, and what is at no path. */
import { randomBytes } from 'node:crypto'
import { type Check, Failed } from '../check.ts'
import { refused, told } from '../expect.ts'

const noToy: Check = {
  name: 'GET /products/<name> that is not there, 404',
  routes: ['GET /products/:name'],
  async run(shop) {
    await refused(shop, { path: `/products/smoke-${randomBytes(8).toString('hex')}` }, 404, 'product_not_found')
  },
}

const badEscape: Check = {
  name: 'GET /products/<name> with a broken escape, 400',
  routes: ['GET /products/:name'],
  async run(shop) {
    // What cannot be decoded has no route, and so none of the original's.
    await refused(shop, { path: '/products/%ff' }, 400, 'bad_request')
  },
}

const badLimit: Check = {
  name: 'GET /products with a limit that is none, 400',
  routes: ['GET /products'],
  async run(shop) {
    await refused(shop, { path: '/products?limit=0' }, 400, 'bad_request')
  },
}

const nothingThere: Check = {
  name: 'GET of what is not there, 404',
  async run(shop) {
    await refused(shop, { path: `/smoke-${randomBytes(8).toString('hex')}` }, 404, 'not_found')
  },
}

/** By methods that no route will ever have there: what is tried must not change a shop. */
const wrongMethod = (method: 'PUT' | 'PATCH', path: string, allowed: readonly string[]): Check => ({
  name: `${method} ${path}, 405`,
  async run(shop) {
    const answer = await refused(shop, { method, path }, 405, 'method_not_allowed')
    const allow = answer.headers.allow?.split(/ *, */) ?? []
    if (!allowed.every((each) => allow.includes(each)))
      throw new Failed(`405 with allow: ${allowed.join(', ')}`, `allow: ${allow.join(', ') || 'none'}; ${told(answer)}`)
  },
})

export const wrongPathChecks: readonly Check[] = [
  noToy,
  badEscape,
  badLimit,
  nothingThere,
  wrongMethod('PUT', '/livez', ['GET', 'HEAD']),
  wrongMethod('PATCH', '/orders', ['GET', 'HEAD', 'POST']),
]
