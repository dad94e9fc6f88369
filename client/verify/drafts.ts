/**
 * Drafts against orders, over the files. Always: a draft that says it is paid has its order, under its own key, of its customer,
 * with the items and prices that were shown. One that does not say so yet may have its order too: a start finds that by the key.
 *
 * The drafts are read first, so whatever they say of an order was durable before the orders are looked at. Memory is of a fixed
 * size: each order is looked for in its file.
 */

import { formatMoney } from '../../money.ts'
import { draftFormat } from '../../order/draft.ts'
import { NumberedFile } from '../../storage/csv/numbered-file.ts'
import { lines } from '../../storage/csv/tail.ts'
import { type FileSystem, realFileSystem } from '../../storage/file-system.ts'
import { readMapRows } from './map-rows.ts'

export interface DraftsRead {
  /** Rows that say that a draft is paid. */
  paid: number
  differences: string[]
}

const orderColumns = 10
const [nameAt, quantityAt, priceAt, userAt, keyAt] = [2, 3, 4, 5, 7] as const
const differencesMax = 10_000

/** `folder` is the order service's. A compaction that replaces the files meanwhile only makes it read them once more. */
export async function readDrafts(folder: string, files: FileSystem = realFileSystem): Promise<DraftsRead> {
  const read: DraftsRead = { paid: 0, differences: [] }
  await readMapRows({ folder, name: 'drafts', files }, () => {
    Object.assign(read, { paid: 0, differences: [] })
    const paid: Paid[] = []
    const wrong = (path: string, line: number, what: string): void => {
      if (read.differences.length < differencesMax) read.differences.push(`${path}:${line}: ${what}`)
    }
    return {
      take(row, path, line) {
        if (row.change === 'new' || row.change === 'set') take(row.fields, paid, (what) => wrong(path, line, what))
      },
      wrong,
      async settle() {
        const some = paid.splice(0)
        read.paid += some.length
        if (some.length > 0) await compare(some, `${folder}/orders.csv`, files)
      },
    }
  })
  return read
}

interface Paid {
  id: string
  order: number
  key: string
  /** Customer and items, in an order of their own. */
  sold: string
  /** Says what is wrong with its row. */
  wrong(what: string): void
}

function take(fields: readonly string[], paid: Paid[], wrong: (what: string) => void): void {
  const [id, , ...columns] = fields
  try {
    const { user, items, key, order } = draftFormat.read(columns)
    if (order === undefined) return
    const sold = soldText(
      user,
      items.map(({ name, quantity, cents }) => [name, String(quantity), formatMoney(cents)]),
    )
    paid.push({ id: id!, order, key, sold, wrong })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    wrong(error.message)
  }
}

const soldText = (user: string, items: readonly (readonly string[])[]): string =>
  [user, ...items.map((item) => item.join('\t')).sort()].join('\n')

/** Whether each has its order. */
async function compare(paid: readonly Paid[], path: string, files: FileSystem): Promise<void> {
  const file = await files.open(path, 'read')
  try {
    const length = await file.size()
    const source = { path, length, read: (buffer: Uint8Array, position: number) => file.read(buffer, position) }
    const head = Buffer.alloc(Math.min(length, 4096))
    await file.read(head, 0)
    const first = lines(head).next().value?.next ?? 0
    const orders = new NumberedFile(source, first, orderColumns)
    for (const { id, order, key, sold, wrong } of paid) {
      const rows: (readonly string[])[] = []
      const { at, seen } = await orders.find(order)
      for await (const { number, fields } of orders.rows(at, { chunkBytes: 4096, skipDamaged: true, seen })) {
        if (number !== order) break
        rows.push(fields)
      }
      if (rows.length === 0) wrong(`draft ${id} is paid by order ${order}, which is not there`)
      else if (rows.some((fields) => fields[keyAt] !== key))
        wrong(`draft ${id} is paid by order ${order}, which has another key`)
      else if (
        soldText(
          rows[0]![userAt]!,
          rows.map((fields) => [nameAt, quantityAt, priceAt].map((i) => fields[i]!)),
        ) !== sold
      )
        wrong(`draft ${id} is paid by order ${order}, which sold something else`)
    }
  } finally {
    await file.close()
  }
}
