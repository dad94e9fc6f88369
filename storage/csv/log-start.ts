/**
 * How a log's file is made, taken over and checked at a start, before anything is decided by it. Only its tail is read.
 */
import { StartError } from '../../errors.ts'
import { type FileSystem, replaceFile } from '../file-system.ts'
import { formatRow, parseRow } from './row.ts'
import { type Cut, cutTail, freeName, lines, secureTail } from './tail.ts'

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
  } finally {
    await file.close()
  }
  const cut = broken === undefined ? undefined : await cutTail(files, folder, name, broken, now)
  await files.syncFolder(folder)
  return { first: header.length, lastNumber, cut, takenOver }
}

/** Where the last entry ends that is whole and follows on, with its number. */
function lastWholeEntry(
  bytes: Buffer,
  start: number,
  fileStart: boolean,
  format: LogFormat,
): { end: number; lastNumber: number } {
  const attemptAt = format.columns.indexOf(format.attemptColumn)
  let end = start
  let lastNumber = 0
  let previous: { number: number; row: number; of: number } | undefined
  for (const line of lines(bytes, start)) {
    const fields = line.ended ? parseRow(line.text) : undefined
    const place = /^([1-9]\d*) of ([1-9]\d*)$/.exec(fields?.[1] ?? '')
    if (fields === undefined || fields.length !== format.columns.length || place === null || !/^\d+$/.test(fields[0]!))
      break
    const [number, row, of] = [Number(fields[0]), Number(place[1]), Number(place[2])]
    const broughtAlong = fields[attemptAt] === ''
    let follows: boolean
    if (previous === undefined) follows = !fileStart || (row === 1 && (number === 1 || broughtAlong))
    else if (previous.row < previous.of)
      follows = number === previous.number && row === previous.row + 1 && of === previous.of
    else follows = row === 1 && (number === previous.number + 1 || (broughtAlong && number > previous.number))
    if (!follows) break
    previous = { number, row, of }
    if (row === of) [end, lastNumber] = [line.next, number]
  }
  return { end, lastNumber }
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
  const found = parseRow((opening.split('\n')[0] ?? '').replace(/^\uFEFF|\r$/g, ''))
  const text = (await files.readFile(path)).toString('utf8')
  const rows = found === undefined ? undefined : format.takeOver?.(found, text, path)
  if (rows === undefined)
    throw new StartError(
      `${path}:1: the header must be ${header.trim()}; mend it, or move the file aside to begin a new log`,
    )
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
