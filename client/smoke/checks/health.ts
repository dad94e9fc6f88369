/** Whether the front end says that it lives and is ready. */
import { z } from 'zod'
import type { Check } from '../check.ts'
import { dataOf } from '../expect.ts'

const health = (path: string, status: string): Check => ({
  name: `GET ${path}`,
  routes: [`GET ${path}`],
  async run(shop) {
    dataOf(await shop.ask({ path }), z.strictObject({ status: z.literal(status) }), `status ${status}`)
  },
})

export const live = health('/livez', 'live')
export const ready = health('/readyz', 'ready')
