/**
 * `backup --data DIR --to DIR`: a copy of a running or stopped store whose books balance by themselves. Nothing waits for it:
 * it copies what a power cut at one moment could have left, and a start goes on from there as from a crash.
 *
 * Why that is consistent:
 * 1. The ledger first: a base and every journal line up to some moment T. Lines are only appended, so that is its state at T.
 * 2. Then the orders, up to the first row whose attempt that ledger does not know. A row's stock is reserved before the row
 *    is written, and confirmed after it is synced. So what is confirmed at T has its row in the copy, and every row before it
 *    was reserved before T and is kept; a reservation whose row is left out is open in the copy, and is given back there.
 */
import { access, copyFile, type FileHandle, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { unsealBase } from '../storage/csv/base.ts'
import { baseName, numbered, parseJournalLine, segmentName } from '../storage/csv/journal.ts'
import { parseRow } from '../storage/csv/row.ts'
import type { LedgerState } from '../storage/ledger-state.ts'
import { newCommand } from './options.ts'
import { type Verdict, verdictLine, verifyFiles } from './verify/files.ts'
import { readLedger, whileReplaced } from './verify/ledger.ts'

/** Copies the store's files and checks the copy's books. Throws where there is no store to copy, or `to` is in use. */
export async function backup(dataDir: string, to: string): Promise<Verdict> {
  await access(`${dataDir}/order/orders.csv`).catch((cause: unknown) => {
    throw new Error(`${dataDir} holds no store that can be read (order/orders.csv)`, { cause })
  })
  await makeEmpty(to)
  for (const service of ['catalog', 'order']) await mkdir(`${to}/${service}`)
  await whileReplaced(() => copyLedger(`${dataDir}/catalog`, `${to}/catalog`))
  const { state } = await readLedger(`${to}/catalog`)
  await copyOrders(`${dataDir}/order/orders.csv`, `${to}/order/orders.csv`, state)
  await copyFile(`${dataDir}/order/incarnation.csv`, `${to}/order/incarnation.csv`)
  for (const folder of [`${to}/catalog`, `${to}/order`, to]) await syncAll(folder)
  return verifyFiles(to)
}

async function makeEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty; name a folder that is new`)
}

async function copyLedger(from: string, to: string): Promise<void> {
  const names = await readdir(from)
  const base = numbered(names, 'base').at(-1)
  if (base === undefined) throw new Error(`${from} holds no ledger (no base file)`)
  const baseBytes = await readFile(`${from}/${baseName(base)}`)
  const segments: { name: string; bytes: Buffer }[] = []
  for (const segment of numbered(names, 'journal').filter((one) => one >= base)) {
    const bytes = await readFile(`${from}/${segmentName(segment)}`)
    segments.push({ name: segmentName(segment), bytes: bytes.subarray(0, bytes.lastIndexOf(10) + 1) })
  }
  const head = parseJournalLine(firstLine(segments[0]?.bytes))
  if (head?.kind !== 'head') throw new Error(`${from}/${segmentName(base)} has no beginning`)
  const movements = await readFile(`${from}/movements.csv`)
  const stopped = parseJournalLine(lastLine(segments.at(-1)!.bytes))?.kind === 'stop'

  for (const { name, bytes } of segments) await writeFile(`${to}/${name}`, bytes)
  await writeFile(`${to}/movements.csv`, movements.subarray(0, head.head.movementBytes))
  await writeFile(`${to}/${baseName(base)}`, baseBytes)
  // A person may have edited the readable file of a stopped store; that of a running one is the base's without its checksum.
  if (stopped && names.includes('toys_db.csv')) await copyFile(`${from}/toys_db.csv`, `${to}/toys_db.csv`)
  else await writeFile(`${to}/toys_db.csv`, unsealBase(baseBytes).bytes)
}

const firstLine = (bytes: Buffer = Buffer.alloc(0)): string => bytes.toString('utf8', 0, Math.max(0, bytes.indexOf(10)))
const lastLine = (bytes: Buffer): string =>
  bytes.subarray(bytes.lastIndexOf(10, bytes.length - 2) + 1, bytes.length - 1).toString()

/** Whole orders up to the first whose attempt the ledger does not know; what is appended from now on is not needed. */
async function copyOrders(from: string, to: string, state: LedgerState): Promise<void> {
  const [source, target] = [await open(from), await open(to, 'wx')]
  try {
    let columns: string[] | undefined
    let order: string[] = []
    const end = await wholeRows(source)
    if (end === 0) return
    for await (const line of source.readLines({ end: end - 1 })) {
      const fields = parseRow(line)
      if (columns === undefined) {
        columns = fields ?? []
        await target.write(`${line}\n`)
        continue
      }
      const attempt = fields?.[columns.indexOf('attempt')] ?? ''
      if (attempt !== '' && !knows(state, attempt)) break
      order.push(line)
      const [, row, of] = /^(\d+) of (\d+)$/.exec(fields?.[columns.indexOf('line')] ?? '') ?? []
      if (row !== of) continue
      await target.write(`${order.join('\n')}\n`)
      order = []
    }
  } finally {
    await source.close()
    await target.close()
  }
}

/** More bytes than a row can take: a name and a key have their limits. */
const rowBytesMax = 65_536

/** Where the last row ends that is there whole: half of one may be, while it is being written. */
async function wholeRows(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  const from = Math.max(0, size - rowBytesMax)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
  return from + buffer.subarray(0, bytesRead).lastIndexOf(10) + 1
}

const knows = (state: LedgerState, attempt: string): boolean =>
  state.belowFence(attempt) || state.reservation(attempt) !== undefined || state.decision(attempt) === 'confirmed'

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

/** Exit code 1 where the copy's books do not balance, 2 where nothing could be copied. */
export function backupCommand(): Command {
  return newCommand('backup', 'copy a running or stopped store; the copy is checked')
    .option('--data <folder>', 'the data folder', 'data')
    .requiredOption('--to <folder>', 'a new folder for the copy')
    .action(async ({ data, to }: { data: string; to: string }) => {
      try {
        const verdict = await backup(data, to)
        for (const difference of verdict.differences) process.stdout.write(`${difference}\n`)
        process.stdout.write(`${to}: ${verdictLine(verdict)}\n`)
        process.exitCode = verdict.differences.length > 0 ? 1 : 0
      } catch (error) {
        process.stderr.write(`backup: ${(error as Error).message}\n`)
        process.exitCode = 2
      }
    })
}
