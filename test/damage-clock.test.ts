/** A clock that jumps: nothing but what is written down as a date depends on it. */
import { readFile, writeFile } from 'node:fs/promises'
import { pino } from 'pino'
import t from 'tap'
import { startCart } from '../cart/start.ts'
import { startCatalog } from '../catalog/start.ts'
import { verifyFiles } from '../client/verify/files.ts'
import { realClock } from '../clock.ts'
import { startFrontend } from '../frontend/start.ts'
import { startOrder } from '../order/start.ts'
import { startPayment } from '../payment/start.ts'
import { readSettings } from '../settings.ts'
import { bytesOf } from '../storage/csv/test/harness.ts'
import { realFileSystem } from '../storage/file-system.ts'
import { ask, eventually } from './ask.ts'
import { buy, dataDirOf } from './store.ts'

const day = 86_400_000

t.test('a clock that jumps days back and forth, between lives and during them, disturbs no purchase', async (t) => {
  const dataDir = dataDirOf(t)
  let now = Date.UTC(2026, 10, 21, 9)
  const clock = { ...realClock, now: () => now }
  const log = pino({ level: 'silent' })
  const end = (error: unknown): void => void t.fail('a service gave up', { error })
  let number = 0
  for (const jump of [0, -3 * day, 400 * day, -400 * day, 0]) {
    now += jump
    const world = { files: realFileSystem, clock, log, end }
    const settings = readSettings({
      PORT: '0',
      CATALOG_PORT: '0',
      ORDER_PORT: '0',
      PAYMENT_PORT: '0',
      CART_PORT: '0',
      DATA_DIR: dataDir,
    })
    const catalog = await startCatalog(settings, world)
    const payment = await startPayment(settings, world)
    const cart = await startCart(settings, world)
    const urls = { catalogUrl: catalog.url, paymentUrl: payment.url, cartUrl: cart.url }
    const order = await startOrder({ ...settings, ...urls }, world)
    const frontend = await startFrontend({ ...settings, ...urls, orderUrl: order.url }, world)
    await frontend.whenReady
    for (const within of [0, -5 * day, 9 * day, -4 * day]) {
      now += within
      const key = `key-${number}`
      t.match(await buy(frontend.url, { name: 'Tux', quantity: 1 }, { key }), {
        status: 200,
        body: { data: { order_number: ++number } },
      })
      const date = { data: { number, placed_at: new Date(now).toISOString() } }
      t.match((await ask(`${frontend.url}/orders/${number}`)).body, date)
      t.match((await buy(frontend.url, { name: 'Tux', quantity: 1 }, { key })).body, { data: { order_number: number } })
    }
    t.match((await ask(`${frontend.url}/orders?limit=1000`)).body, {
      data: Array.from({ length: number }, (_, i) => ({ number: number - i })),
    })
    const path = `${dataDir}/catalog/toys_db.csv`
    await eventually(async () => (await readFile(path, 'utf8')).includes(`Tux,25.99,${10_000 - number}`))
    await writeFile(path, `mine ${number}`)
    await frontend.close()
    await buyDirect(order.url, ++number)
    await order.close()
    await catalog.close()
    await cart.close()
    await payment.close()
    await writeFile(`${dataDir}/order/orders.csv`, `torn ${number}`, { flag: 'a' })
  }
  const kept = (folder: string, part: string) =>
    Object.entries(bytesOf(`${dataDir}/${folder}`))
      .filter(([name]) => name.includes(part))
      .map(([, text]) => text)
  t.strictSame(kept('catalog', 'edited').sort(), ['mine 14', 'mine 19', 'mine 24', 'mine 4', 'mine 9'])
  t.strictSame(kept('order', 'cut').sort(), ['torn 10', 'torn 15', 'torn 20', 'torn 5'])
  t.strictSame((await verifyFiles(dataDir)).differences, [])
})

async function buyDirect(orderUrl: string, number: number): Promise<void> {
  const { body } = await ask(`${orderUrl}/order`, { method: 'POST', body: { name: 'Tux', quantity: 1 } })
  t.match(body, { data: { order_number: number } })
}
