/**
 * How a map's segments are made and checked at a start, before anything is answered from them. Only the heads of the files
 * and the tail of the last one are read.
 *
 * The segments that count begin with the highest whose first row says `begins`; older ones were left over and go. Only the
 * last can be torn: a segment opens when all of the one before it is synced.
 */
import { StartError } from '../../errors.ts'
import { type FileSystem, replaceFile } from '../file-system.ts'
import { AppendFile, type GiveUp } from './append-file.ts'
import { emptyLine, headerOf, isHeader, parseMapRow } from './map-row.ts'
import { type Cut, cutTail, lines, secureTail } from './tail.ts'

export interface MapStart {
  files: FileSystem
  folder: string
  /** The segments' name before their number. */
  name: string
  columns: readonly string[]
  giveUp: GiveUp
}

export interface CheckedMap {
  /** Those that count, the last one last, with the bytes of its header. */
  segments: { number: number; first: number }[]
  cut: Cut | undefined
}

const headBytes = 65_536

export const segmentName = (name: string, number: number): string => `${name}-${String(number).padStart(8, '0')}.csv`

/** Throws a StartError where a person must mend the files. */
export async function checkMap(start: MapStart, now: number): Promise<CheckedMap> {
  const { files, folder, name, columns } = start
  const names = await files.list(folder)
  const numbers = numbersOf(names, name)
  if (numbers.length === 0) {
    const first = headerOf(columns) + emptyLine('', 'begins', columns)
    await replaceFile(files, folder, segmentName(name, 1), Buffer.from(first))
    numbers.push(1)
  }
  const cut = await secureLast(start, numbers.at(-1)!, now)
  const segments: CheckedMap['segments'] = []
  const left = [...numbers]
  for (let number = left.pop(); number !== undefined; number = left.pop()) {
    const { first, begins } = await readHead(start, number)
    segments.unshift({ number, first })
    if (begins) break
    if (left.at(-1) !== number - 1)
      throw new StartError(
        `${folder}/${segmentName(name, number)}: it goes on from segment ${number - 1}, which is missing; restore the folder from a backup`,
      )
  }
  // The name of the one that begins may not be synced yet: a power cut must not keep what goes here and lose it.
  if (left.length > 0) await files.syncFolder(folder)
  const unfinished = (await files.list(folder)).filter((each) => each.startsWith(`${name}-`) && each.endsWith('.tmp'))
  for (const old of [...left.map((number) => segmentName(name, number)), ...unfinished])
    await files.remove(`${folder}/${old}`)
  await files.syncFolder(folder)
  return { segments, cut }
}

/** Makes the segment that follows, synced, its name too. */
export const createSegment = (
  { files, folder, name, columns, giveUp }: MapStart,
  number: number,
): Promise<AppendFile> =>
  AppendFile.create(files, folder, segmentName(name, number), Buffer.from(headerOf(columns)), giveUp)

function numbersOf(names: readonly string[], name: string): number[] {
  const form = new RegExp(`^${name}-(\\d{8,15})\\.csv$`)
  return names
    .flatMap((each) => form.exec(each)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** Rewrites and syncs the tail of the last segment, and cuts off what is torn. */
async function secureLast(start: MapStart, number: number, now: number): Promise<Cut | undefined> {
  const { files, folder, name, columns } = start
  const header = Buffer.from(headerOf(columns))
  const file = await files.open(`${folder}/${segmentName(name, number)}`, 'write')
  let torn: number | undefined
  try {
    const tail = await secureTail(file)
    const isStart = tail.start === 0
    if (isStart && tail.length <= header.length && !tail.bytes.equals(header)) {
      // It was being made, and nothing was written to it: all that it can hold is its header.
      await file.truncate(0)
      await file.write(header, 0)
      await file.sync()
      return undefined
    }
    for (const line of lines(tail.bytes, tail.start)) {
      const isSound = line.ended ? !line.text.includes('\0') : parseMapRow(line.text) !== undefined
      if (!isSound) {
        torn = line.at
        break
      }
      if (line.ended) continue
      await file.write(Buffer.from('\n'), line.next) // an editor left the line end out, or a crash: the row is whole
      await file.sync()
    }
  } finally {
    await file.close()
  }
  // A header that is not whole in a segment that has more is no torn end: who reads it tells.
  return torn === undefined || torn === 0 ? undefined : cutTail(files, folder, segmentName(name, number), torn, now)
}

/** Throws a StartError where it does not begin as a segment does. */
async function readHead(
  { files, folder, name, columns }: MapStart,
  number: number,
): Promise<{ first: number; begins: boolean }> {
  const path = `${folder}/${segmentName(name, number)}`
  const file = await files.open(path, 'read')
  try {
    const buffer = Buffer.alloc(headBytes)
    const [header, row] = lines(buffer.subarray(0, await file.read(buffer, 0)))
    if (header === undefined || !isHeader(header.text, columns))
      throw new StartError(
        `${path}:1: the header must be ${headerOf(columns).trim()}; was the file written by a newer version of the store? ` +
          'Start that one, or write the header back, or restore the file from a backup',
      )
    return { first: header.next, begins: row !== undefined && parseMapRow(row.text)?.[1] === 'begins' }
  } finally {
    await file.close()
  }
}
