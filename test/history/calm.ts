/**
 * Makes a calm between two windows: when no call is under way any more, waits until every service runs and nothing is held,
 * and reads what orders.csv has gained. What a killed caller left under way in the store must be over by then: each
 * service has read all it was sent before it answers three times, and the ledger is looked at twice, some time apart.
 */
import { open } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { request } from 'undici'
import { readLedger } from '../../client/verify/ledger.ts'
import type { Store } from '../store.ts'
import type { Row } from './record.ts'

const patienceMs = 60_000
const apartMs = 100

/** Resolves to the moment of the calm. Throws where none comes. */
export async function calmOf({ url, catalogUrl, paymentUrl, orderUrl }: Store, dataDir: string): Promise<number> {
  const until = performance.now() + patienceMs
  for (let quiet = 0; quiet < 2; ) {
    if (performance.now() > until)
      throw new Error(`no calm within ${patienceMs} ms: pieces stay reserved, or a service is down`)
    for (let asked = 0; asked < 3; asked++)
      for (const service of [url, orderUrl, paymentUrl, catalogUrl]) await ready(service, until)
    const { state } = await readLedger(`${dataDir}/catalog`)
    quiet = [...state.reservations()].length === 0 ? quiet + 1 : 0
    await pause(apartMs)
  }
  return performance.now()
}

async function ready(url: string, until: number): Promise<void> {
  while (performance.now() < until) {
    try {
      const { statusCode, body } = await request(`${url}/readyz`)
      await body.dump()
      if (statusCode === 200) return
    } catch {
      // it is being started again
    }
    await pause(10)
  }
}

/** Reads the rows of orders.csv that were added since it was last asked. */
export class RowReader {
  readonly #path: string
  #offset = 0
  #columns: string[] = []

  constructor(dataDir: string) {
    this.#path = `${dataDir}/order/orders.csv`
  }

  async added(): Promise<Row[]> {
    await using file = await open(this.#path)
    const bytes = Buffer.alloc((await file.stat()).size - this.#offset)
    await file.read(bytes, 0, bytes.length, this.#offset)
    const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
    this.#offset += whole.length
    const rows: string[][] = parse(whole, { bom: true })
    if (this.#columns.length === 0) this.#columns = rows.shift() ?? []
    const at = (column: string): number => this.#columns.indexOf(column)
    const [number, name, quantity, price, key] = ['order_number', 'name', 'quantity', 'price', 'key'].map(at)
    return rows.map((row) => ({
      number: Number(row[number!]),
      toy: row[name!]!,
      quantity: Number(row[quantity!]),
      price: Number(row[price!]),
      key: row[key!]!,
    }))
  }
}
