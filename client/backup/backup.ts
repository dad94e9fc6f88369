/**
 * A copy of a running or stopped store whose books balance by themselves. Nothing waits for it: it copies what a power cut at
 * one moment could have left, and a start goes on from there as from a crash.
 *
 * Why that is consistent. Every purchase is reserved in the ledgers that it needs, then its row is written, then it is
 * confirmed there; and lines and rows are only appended, so what is read of a file is all that was there at one moment.
 *
 * 1. The mark, taken.csv, then the carts: they know what the orders up to it bought. An order that emptied a cart of the copy has
 *    its row by then, and so have all before it; they were reserved by then. So none of them is among those that 4 leaves out,
 *    and neither is one up to the mark. What the orders above the mark bought is asked of the carts again by the copy's first
 *    start, each once per attempt. Then the drafts: what one says is paid has its row by then, too.
 * 2. Payment as of a moment B, then the catalog as of a later moment A, then what payment has written in the meantime.
 * 3. The orders as they are now. M is the last one that the catalog had confirmed at A, so its row and all before it were
 *    written before A. Payment is moved on from B to the first moment at which it knows every paid order up to M: each was
 *    reserved before its row was written, so that moment comes before A, too.
 * 4. Of the orders those before the first that one of its ledgers does not know.
 *
 * A cart of the copy is a little older than the orders: what was put in after that is not in it, and what was taken out by hand
 * may be. What an order has bought is not: it is taken out as far as it is there.
 *
 * So what the catalog has confirmed is kept: it is no later than M, and everything up to M is known to both. What payment has
 * confirmed is kept: its row, and all before it, were written before payment's moment, and reserved in both before that and
 * before A. Every order that is kept is held or sold in each ledger that it needs. A reservation whose row is left out is open
 * in the copy, and is given back there by its first start.
 */
import { access, copyFile, mkdir, open, readdir } from 'node:fs/promises'
import { systemCode } from '../../errors.ts'
import { type Verdict, verifyFiles } from '../verify/files.ts'
import { credit, hasLedger, readLedger, stock, whileReplaced } from '../verify/ledger.ts'
import { copySegments, isSegmentOf } from './drafts-copy.ts'
import { LedgerCopy } from './ledger-copy.ts'
import { OrdersCopy } from './orders-copy.ts'

/** Copies the store's files and checks the copy's books. Throws where there is no store to copy, or `to` is in use. */
export async function backup(dataDir: string, to: string): Promise<Verdict> {
  const path = `${dataDir}/order/orders.csv`
  await access(path).catch((cause: unknown) => {
    throw new Error(`${dataDir} holds no store that can be read (order/orders.csv)`, { cause })
  })
  await makeEmpty(to)
  const rooms = ['order', stock.room]
  if (await hasLedger(`${dataDir}/${credit.room}`)) rooms.push(credit.room)
  if (await hasCarts(`${dataDir}/cart`)) rooms.push('cart')
  for (const room of rooms) await mkdir(`${to}/${room}`)
  await copyIfThere(`${dataDir}/order/taken.csv`, `${to}/order/taken.csv`)
  if (rooms.includes('cart')) await copySegments(`${dataDir}/cart`, `${to}/cart`, 'carts')
  await copySegments(`${dataDir}/order`, `${to}/order`, 'drafts')

  const { toys, customers } = await whileReplaced(() => openLedgers(dataDir, rooms.includes(credit.room)))
  try {
    await toys.write(`${to}/${stock.room}`)
    await customers?.write(`${to}/${credit.room}`)
    const { state } = await readLedger(`${to}/${stock.room}`)
    const paid = customers && (await readLedger(`${to}/${credit.room}`, undefined, credit.decimals)).state
    const orders = await OrdersCopy.open(path, state, paid)
    try {
      await customers?.moveOn(`${to}/${credit.room}`, paid!, orders.unpaid)
      await orders.write(`${to}/order/orders.csv`)
    } finally {
      await orders.close()
    }
  } finally {
    await toys.close()
    await customers?.close()
  }
  await copyFile(`${dataDir}/order/incarnation.csv`, `${to}/order/incarnation.csv`)
  for (const folder of [...rooms.map((room) => `${to}/${room}`), to]) await syncAll(folder)
  return verifyFiles(to)
}

/** Step 2: within a few milliseconds, however large they are, so that a busy store's segments are seldom replaced meanwhile. */
async function openLedgers(
  dataDir: string,
  withCustomers: boolean,
): Promise<{ toys: LedgerCopy; customers: LedgerCopy | undefined }> {
  const customers = withCustomers ? await LedgerCopy.open(dataDir, credit) : undefined
  let toys: LedgerCopy | undefined
  try {
    toys = await LedgerCopy.open(dataDir, stock)
    await customers?.readOn()
    return { toys, customers }
  } catch (error) {
    await customers?.close()
    await toys?.close()
    throw error
  }
}

/** Not the file that people open: it is a copy itself. */
const hasCarts = async (folder: string): Promise<boolean> =>
  (await readdir(folder).catch(() => [])).some((name) => isSegmentOf('carts', name))

/** Before carts were bought there was none. */
async function copyIfThere(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
  })
}

async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty; name a folder that is new`)
}

async function syncAll(folder: string): Promise<void> {
  for (const { name, parentPath } of [
    ...(await readdir(folder, { withFileTypes: true })),
    { name: '.', parentPath: folder },
  ]) {
    const file = await open(`${parentPath}/${name}`)
    await file.sync()
    await file.close()
  }
}
