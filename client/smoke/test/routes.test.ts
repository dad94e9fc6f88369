/** Every route of the front end has a check, so that one which is added without is noticed. */
import findMyWay from 'find-my-way'
import { pino } from 'pino'
import t from 'tap'
import type { CartClient } from '../../../cart/client.ts'
import type { CatalogClient } from '../../../catalog/client.ts'
import { realClock } from '../../../clock.ts'
import { createFrontendServer } from '../../../frontend/server.ts'
import { createMetrics } from '../../../http/metrics.ts'
import type { OrderClient } from '../../../order/client.ts'
import type { PaymentClient } from '../../../payment/client.ts'
import { figuresOf } from '../../../test/figures.ts'
import { dataDirOf, startStore } from '../../../test/store.ts'
import { checks } from '../checks.ts'
import { smoke } from '../smoke.ts'

/** What the front end gives its router, whichever file a route stands in. */
function frontendRoutes(): string[] {
  const found: string[] = []
  const { prototype } = findMyWay as unknown as {
    prototype: { on: (method: string, path: string, ...rest: unknown[]) => void }
  }
  const { on } = prototype
  prototype.on = function (method, path, ...rest) {
    found.push(`${method} ${path}`)
    on.call(this, method, path, ...rest)
  }
  try {
    createFrontendServer({
      catalog: {} as CatalogClient,
      payment: {} as PaymentClient,
      carts: {} as CartClient,
      orders: {} as OrderClient,
      products: undefined,
      log: pino({ level: 'silent' }),
      clock: realClock,
      metrics: createMetrics('frontend'),
      notReady: () => undefined,
      purchaseMs: 1000,
      errorsAs200: false,
    })
  } finally {
    prototype.on = on
  }
  return found
}

t.test('each route of the front end has a check, and each check a route that is there', async (t) => {
  const routes = frontendRoutes()
  t.ok(routes.includes('POST /orders') && routes.includes('GET /livez'), `${routes}`)
  const checked = new Set(checks.flatMap((check) => check.routes ?? []))
  t.strictSame([...checked].sort(), routes.toSorted())
})

t.test('no two checks have the same name, since a failure is found by it', async (t) => {
  const names = checks.map(({ name }) => name)
  t.equal(new Set(names).size, names.length)
})

/** Those that would overwrite what a shop has are only ever asked for nothing. */
const onlyRefused = /\/batch_init\//

t.test('a run has really asked every route, and got what it asked for', async (t) => {
  const { url } = await startStore({ t, dataDir: dataDirOf(t) })
  const { checks: outcomes } = await smoke({ url, timeout: 20_000, create: true }, () => {})
  t.strictSame(
    outcomes.filter(({ outcome }) => outcome !== 'ok'),
    [],
  )
  const figures = [...(await figuresOf(url)).keys()]
  for (const route of frontendRoutes()) {
    const [method, path] = route.split(' ')
    const statuses = onlyRefused.test(route) ? [400] : [200, 201]
    const labels = (status: number) => `{method="${method}",route="${path}",status="${status}"}`
    t.ok(
      statuses.some((status) => figures.includes(`http_request_duration_seconds_count${labels(status)}`)),
      route,
    )
  }
})
