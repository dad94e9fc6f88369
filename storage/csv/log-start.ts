/**
 * How a log's file is made, taken over and checked at a start, before anything is decided by it. Only its tail is read.
 */
import { StartError } from '../../errors.ts'
import { type FileSystem, removeTemporaries, replaceFile } from '../file-system.ts'
import { PlainRow } from './plain-row.ts'
import { formatRow, parseRow } from './row.ts'
import { type Cut, cutTail, damaged, freeName, lineAt, lines, secureTail } from './tail.ts'

export interface LogFormat {
  /** The file's columns: the number's, `line`, then the entry's own. */
  columns: readonly string[]
  keyColumn: string
  attemptColumn: string
  /** Turns the bytes of an older file of another header into this one's rows; undefined where it is not such a file. */
  takeOver?: (header: string[], text: string, path: string) => string[][] | undefined
}

export interface CheckedLog {
  /** Bytes of the header's line. */
  first: number
  lastNumber: number
  cut: Cut | undefined
  /** Where the file that was taken over is kept, if there was one. */
  takenOver: string | undefined
}

/** Throws a StartError where a person must mend the file; then it is as it was. */
export async function checkLog(
  files: FileSystem,
  folder: string,
  name: string,
  format: LogFormat,
  now: number,
): Promise<CheckedLog> {
  const header = `${formatRow(format.columns)}\n`
  if ((await files.stat(`${folder}/${name}`)) === undefined) await replaceFile(files, folder, name, Buffer.from(header))
  const takenOver = await takeOver(files, folder, name, format, header)
  const path = `${folder}/${name}`
  const file = await files.open(path, 'write')
  let broken: number | undefined
  let lastNumber = 0
  try {
    const tail = await secureTail(file)
    const whole = tail.start === 0 ? tail.bytes.subarray(header.length) : tail.bytes
    const start = tail.start === 0 ? header.length : tail.start
    const found = lastWholeEntry(whole, start, tail.start === 0, format)
    lastNumber = found.lastNumber
    if (found.end < tail.length) broken = found.end
    if (found.end === start && tail.start > 0)
      throw new StartError(`${path}: its last mebibyte holds no whole row; restore the file from a backup`)
    if (found.damaged !== undefined) throw damaged(path, await lineAt(file, found.damaged), 'the last order is damaged')
  } finally {
    await file.close()
  }
  const cut = broken === undefined ? undefined : await cutTail(files, folder, name, broken, now)
  await removeTemporaries(files, folder)
  await files.syncFolder(folder)
  return { first: header.length, lastNumber, cut, takenOver }
}

/**
 * Where the last whole entry ends, with the highest number. Everything from a torn line on is left out: one without its end,
 * or with NULs where a page was lost. A line that is whole and says nothing sensible was not torn by a crash but damaged by
 * other hands: what stands behind it was acknowledged and stays; the reads that touch it and `verify` tell of it. Where no
 * whole entry stands behind it, it is `damaged`: cutting it would take an acknowledged order and give its number again.
 */
function lastWholeEntry(
  bytes: Buffer,
  start: number,
  fileStart: boolean,
  format: LogFormat,
): { end: number; lastNumber: number; damaged: number | undefined } {
  let end = start
  let damaged: number | undefined
  let lastNumber = 0
  let seen = fileStart ? 1 : 0 // what is read may begin within an entry
  let entry: { number: number; row: number; of: number } | undefined
  const plain = new PlainRow(format.columns.length)
  for (let at = 0; at < bytes.length; ) {
    // Nearly every line is an order of one row that nothing is wrong with; it is known without making strings of it.
    if (plain.read(bytes, at) && isOnlyRow(bytes, plain.start(1), plain.end(1))) {
      ;[end, lastNumber, damaged] = [start + plain.next, Math.max(lastNumber, plain.number), undefined]
      entry = { number: plain.number, row: 1, of: 1 }
      seen += 1
      at = plain.next
      continue
    }
    const line = lines(bytes.subarray(at), start + at).next().value!
    if (!line.ended || line.text.includes('\0')) break
    at = line.next - start
    const fields = parseRow(line.text)
    const place = /^([1-9]\d*) of ([1-9]\d*)$/.exec(fields?.[1] ?? '')
    const isRow = fields?.length === format.columns.length && place !== null && /^\d{1,15}$/.test(fields[0]!)
    const [number, row, of] = [Number(fields?.[0]), Number(place?.[1]), Number(place?.[2])]
    const goesOn = row === 1 || seen === 0 || (entry?.number === number && entry.row === row - 1 && entry.of === of)
    entry = isRow && goesOn ? { number, row, of } : undefined
    if (entry === undefined) damaged ??= line.at
    else if (row === of) [end, lastNumber, damaged] = [line.next, Math.max(lastNumber, number), undefined]
    seen += 1
  }
  return { end, lastNumber, damaged }
}

const onlyRow = Buffer.from('1 of 1')

/** Whether it says that it is its order's only row. */
function isOnlyRow(bytes: Buffer, from: number, to: number): boolean {
  if (to - from !== onlyRow.length) return false
  for (let i = 0; i < onlyRow.length; i++) if (bytes[from + i] !== onlyRow[i]) return false
  return true
}

async function takeOver(
  files: FileSystem,
  folder: string,
  name: string,
  format: LogFormat,
  header: string,
): Promise<string | undefined> {
  const path = `${folder}/${name}`
  const file = await files.open(path, 'read')
  let opening: string
  try {
    const start = Buffer.alloc(4096)
    opening = start.toString('utf8', 0, await file.read(start, 0))
  } finally {
    await file.close()
  }
  if (opening.startsWith(header)) return undefined
  const firstLine = (opening.split('\n')[0] ?? '').replace(/^\uFEFF|\r$/g, '')
  const found = parseRow(firstLine)
  const text = (await files.readFile(path)).toString('utf8')
  const rows = found === undefined ? undefined : format.takeOver?.(found, text, path)
  if (rows === undefined) throw new StartError(`${path}:1: ${strangeHeader(format, firstLine, header.trim())}`)
  // The old file keeps a second name before the new one takes its place, so a crash in between loses nothing.
  const first = name.replace(/\.csv$/, '.original.csv')
  const known = (await files.stat(`${folder}/${first}`)) !== undefined
  const same = known && text === (await files.readFile(`${folder}/${first}`)).toString('utf8')
  const kept = same ? first : await freeName(files, folder, first)
  if (!same) await files.link(path, `${folder}/${kept}`)
  await files.syncFolder(folder)
  await replaceFile(files, folder, name, Buffer.from(header + rows.map((row) => `${formatRow(row)}\n`).join('')))
  return `${folder}/${kept}`
}

/**
 * What is wrong with a header, and what to do. Our own file in another form is not taken: a spreadsheet that saved it may have
 * changed keys, dates and prices, and nobody could tell.
 */
function strangeHeader({ columns }: LogFormat, firstLine: string, header: string): string {
  const ours = firstLine.replaceAll('"', '').split(/[,;\t]/)
  if (columns.every((column, i) => ours[i] === column) && ours.length === columns.length)
    return (
      'the file was saved by another program, which may have changed keys, dates and prices: restore it from a backup. Where ' +
      'you know that no value was changed, save it as UTF-8 without BOM, with commas, no needless quotes and LF line ends'
    )
  if (columns.slice(0, 2).every((column, i) => ours[i] === column))
    return `the header must be ${header}; was the file written by a newer version of the store? Start that one, or restore the file from a backup`
  return `the header must be ${header}; write it back or restore the file from a backup, or, where no order was placed here yet, move the file aside`
}
