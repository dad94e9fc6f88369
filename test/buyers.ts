/** Buyers who go on until they are told to stop, and remember every order that was acknowledged to them. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { verifyFiles } from '../client/verify/files.ts'
import { buy } from './store.ts'

export interface Buyers {
  /** Order number by key. */
  acknowledged: Map<string, number>
  /** Resolves when the last purchase under way is answered or has failed. */
  stop(): Promise<void>
}

export function startBuyers(url: string, count: number): Buyers {
  const acknowledged = new Map<string, number>()
  let going = true
  const buyer = async (): Promise<void> => {
    while (going) {
      const key = randomUUID()
      try {
        const { status, body } = await buy(url, { name: 'Tux', quantity: 1 }, { key })
        if (status === 200) acknowledged.set(key, (body as { data: { order_number: number } }).data.order_number)
      } catch {
        await pause(5) // the store has gone away in the middle: no answer, so nothing is promised
      }
    }
  }
  const all = Array.from({ length: count }, buyer)
  return {
    acknowledged,
    async stop() {
      going = false
      await Promise.all(all)
    },
  }
}

/**
 * What is wrong with the files of a stopped store, a sentence each: books, or an acknowledged order that is not there.
 * `settled`: nothing may be reserved any more; services that all stop at once leave that to the next start.
 */
export async function faultsOf(
  dataDir: string,
  acknowledged: ReadonlyMap<string, number>,
  { settled = true }: { settled?: boolean } = {},
): Promise<string[]> {
  const rows: Record<string, string>[] = parse(await readFile(`${dataDir}/order/orders.csv`), { columns: true })
  const kept = new Map(rows.map(({ key, order_number }) => [key, Number(order_number)]))
  const lost = [...acknowledged].filter(([key, number]) => kept.get(key) !== number)
  const { differences, reserved } = await verifyFiles(dataDir)
  return [
    ...lost.map(([key, number]) => `order ${number} with key ${key} was acknowledged; in the file: ${kept.get(key)}`),
    ...rows.flatMap(({ order_number }, index) =>
      Number(order_number) === index + 1 ? [] : [`row ${index + 1} has the number ${order_number}`],
    ),
    ...(reserved === 0 || !settled ? [] : [`${reserved} pieces are reserved`]),
    ...differences,
  ]
}
