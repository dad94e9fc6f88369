/**
 * Drafts against orders, over the files. Always: a draft that says it is paid has its order, under its own key, of its customer,
 * with the items and prices that were shown. One that does not say so yet may have its order too: a start finds that by the key.
 *
 * The drafts are read first, so whatever they say of an order was durable before the orders are looked at. Memory is of a fixed
 * size: each order is looked for in its file.
 */

import { formatMoney } from '../../money.ts'
import { draftFormat } from '../../order/draft.ts'
import { MapRow } from '../../storage/csv/map-row.ts'
import { NumberedFile } from '../../storage/csv/numbered-file.ts'
import { lines } from '../../storage/csv/tail.ts'
import { type FileSystem, type OpenFile, realFileSystem } from '../../storage/file-system.ts'
import { whileReplaced } from './ledger.ts'

export interface DraftsRead {
  /** Rows that say that a draft is paid. */
  paid: number
  differences: string[]
}

const chunkBytes = 1 << 20
/** A crash tears at most so much of a file's end. */
const tornBytes = 1 << 20
const segmentForm = /^drafts-\d+\.csv$/
const orderColumns = 10
const [nameAt, quantityAt, priceAt, userAt, keyAt] = [2, 3, 4, 5, 7] as const
const differencesMax = 10_000

/** `folder` is the order service's. A compaction that replaces the files meanwhile only makes it read them once more. */
export const readDrafts = (folder: string, files: FileSystem = realFileSystem): Promise<DraftsRead> =>
  whileReplaced(() => readOnce(folder, files))

async function readOnce(folder: string, files: FileSystem): Promise<DraftsRead> {
  const names = (await files.list(folder).catch(() => [])).filter((name) => segmentForm.test(name)).sort()
  const read: DraftsRead = { paid: 0, differences: [] }
  if (names.length === 0) return read
  for (const name of names) {
    const path = `${folder}/${name}`
    const file = await files.open(path, 'read')
    try {
      await readSegment(file, path, name === names.at(-1), `${folder}/orders.csv`, files, read)
    } finally {
      await file.close()
    }
  }
  return read
}

async function readSegment(
  file: OpenFile,
  path: string,
  isLast: boolean,
  ordersPath: string,
  files: FileSystem,
  read: DraftsRead,
): Promise<void> {
  const size = await file.size()
  const row = new MapRow()
  const wrong = (line: number, what: string): void => {
    if (read.differences.length < differencesMax) read.differences.push(`${path}:${line}: ${what}`)
  }
  let line = 0
  for (let at = 0; at < size; ) {
    const buffer = Buffer.alloc(Math.min(chunkBytes, size - at))
    const bytes = buffer.subarray(0, await file.read(buffer, at))
    const whole = bytes.lastIndexOf(10) + 1
    if (whole === 0) {
      if (!isLast) wrong(line + 1, 'the row has no end')
      return
    }
    const paid: Paid[] = []
    for (let next = 0; next < whole; next = row.next) {
      row.read(bytes.subarray(0, whole), next)
      line += 1
      if (line === 1) continue
      if (row.change === undefined) {
        const isTorn = isLast && at + next > size - tornBytes && bytes.subarray(row.at, row.end).includes(0)
        if (isTorn) return
        wrong(line, 'the row is damaged')
      } else if (row.change === 'new' || row.change === 'set') take(row.fields, line, paid, wrong)
    }
    read.paid += paid.length
    if (paid.length > 0) await compare(paid, ordersPath, files, wrong)
    at += whole
  }
}

interface Paid {
  id: string
  line: number
  order: number
  key: string
  /** Customer and items, in an order of their own. */
  sold: string
}

function take(
  fields: readonly string[],
  line: number,
  paid: Paid[],
  wrong: (line: number, what: string) => void,
): void {
  const [id, , ...columns] = fields
  try {
    const { user, items, key, order } = draftFormat.read(columns)
    if (order === undefined) return
    const sold = soldText(
      user,
      items.map(({ name, quantity, cents }) => [name, String(quantity), formatMoney(cents)]),
    )
    paid.push({ id: id!, line, order, key, sold })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    wrong(line, error.message)
  }
}

const soldText = (user: string, items: readonly (readonly string[])[]): string =>
  [user, ...items.map((item) => item.join('\t')).sort()].join('\n')

/** Whether each has its order. */
async function compare(
  paid: readonly Paid[],
  path: string,
  files: FileSystem,
  wrong: (line: number, what: string) => void,
): Promise<void> {
  const file = await files.open(path, 'read')
  try {
    const length = await file.size()
    const source = { path, length, read: (buffer: Uint8Array, position: number) => file.read(buffer, position) }
    const head = Buffer.alloc(Math.min(length, 4096))
    await file.read(head, 0)
    const first = lines(head).next().value?.next ?? 0
    const orders = new NumberedFile(source, first, orderColumns)
    for (const { id, line, order, key, sold } of paid) {
      const rows: (readonly string[])[] = []
      const { at, seen } = await orders.find(order)
      for await (const { number, fields } of orders.rows(at, { chunkBytes: 4096, skipDamaged: true, seen })) {
        if (number !== order) break
        rows.push(fields)
      }
      if (rows.length === 0) wrong(line, `draft ${id} is paid by order ${order}, which is not there`)
      else if (rows.some((fields) => fields[keyAt] !== key))
        wrong(line, `draft ${id} is paid by order ${order}, which has another key`)
      else if (
        soldText(
          rows[0]![userAt]!,
          rows.map((fields) => [nameAt, quantityAt, priceAt].map((i) => fields[i]!)),
        ) !== sold
      )
        wrong(line, `draft ${id} is paid by order ${order}, which sold something else`)
    }
  } finally {
    await file.close()
  }
}
