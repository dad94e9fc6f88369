/**
 * What a start does with the end of a file before it believes it: only the last batch can be torn, and what is read after
 * a crash may only be in the page cache. So the last bytes are written again and synced; then the first line of them that
 * is not whole is cut off with all behind it, and kept beside the file.
 */
import { StartError } from '../../errors.ts'
import { type FileSystem, type OpenFile, replaceFile } from '../file-system.ts'
import { batchBytesMax } from './append-file.ts'

export interface Tail {
  /** Where the text starts in the file: at a line's start. */
  start: number
  bytes: Buffer
  /** The file's length in bytes. */
  length: number
}

/** The file's last batch, rewritten and synced. `start` is 0, or behind the first line end of that region. */
export async function secureTail(file: OpenFile): Promise<Tail> {
  const length = await file.size()
  const from = Math.max(0, length - batchBytesMax)
  const bytes = Buffer.alloc(length - from)
  await file.read(bytes, from)
  // Its lines bear no checksum, and what is written again lasts: a byte that was misread must not.
  const again = Buffer.alloc(bytes.length)
  await file.read(again, from)
  if (!again.equals(bytes)) throw new Error('the same bytes were read differently twice: the disk or the memory fails')
  await writeAgain(file, bytes, from)
  if (from === 0) return { start: 0, bytes, length }
  const lineEnd = bytes.indexOf(10)
  const skipped = lineEnd === -1 ? bytes.length : lineEnd + 1
  return { start: from + skipped, bytes: bytes.subarray(skipped), length }
}

/** Writes the last batch of a file that holds these bytes again, and syncs it. */
export function rewriteTail(file: OpenFile, bytes: Buffer): Promise<void> {
  const from = Math.max(0, bytes.length - batchBytesMax)
  return writeAgain(file, bytes.subarray(from), from)
}

async function writeAgain(file: OpenFile, bytes: Buffer, from: number): Promise<void> {
  if (bytes.length > 0) await file.write(bytes, from)
  await file.sync()
}

export interface Cut {
  /** Where what was cut is kept. */
  keptAs: string
  bytes: number
}

/** A cut as a log line tells it: its fields, and what follows its sentence; nothing of both where nothing was cut. */
export const cutInLog = (of: string, cut: Cut | undefined): { fields: Record<string, unknown>; words: string } =>
  cut === undefined
    ? { fields: {}, words: '' }
    : {
        fields: { cut_bytes: cut.bytes, cut_kept_as: cut.keptAs },
        words: `, the torn end of ${of} (${cut.bytes} bytes) was cut and is kept as ${cut.keptAs}`,
      }

/** Keeps everything from `at` on in a file beside it, then cuts it off, both synced. */
export async function cutTail(files: FileSystem, folder: string, name: string, at: number, now: number): Promise<Cut> {
  const file = await files.open(`${folder}/${name}`, 'write')
  try {
    const bytes = Buffer.alloc((await file.size()) - at)
    await file.read(bytes, at)
    const keptAs = await freeName(files, folder, `${name}.cut-${stamp(now)}`)
    await replaceFile(files, folder, keptAs, bytes)
    await file.truncate(at)
    await file.sync()
    return { keptAs: `${folder}/${keptAs}`, bytes: bytes.length }
  } finally {
    await file.close()
  }
}

/** A time as part of a file's name: `20261121T085500Z`. */
export const stamp = (now: number): string => new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')

/** The name, or the name with `-2`, `-3` … behind it where it is taken: nothing kept is ever overwritten. */
export async function freeName(files: FileSystem, folder: string, name: string): Promise<string> {
  const taken = new Set(await files.list(folder))
  let free = name
  for (let i = 2; taken.has(free); i++) free = `${name}-${i}`
  return free
}

/** The lines of some bytes with where each starts; a last line without its line end has `ended: false`. */
export function* lines(
  bytes: Buffer,
  start = 0,
): Generator<{ text: string; at: number; next: number; ended: boolean }> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at)
    const next = end === -1 ? bytes.length : end + 1
    yield {
      text: bytes.toString('utf8', at, end === -1 ? next : end),
      at: start + at,
      next: start + next,
      ended: end !== -1,
    }
    at = next
  }
}

/** The line of what starts at this byte, from 1. Reads all that stands before it. */
export async function lineAt(file: Pick<OpenFile, 'read'>, position: number): Promise<number> {
  let line = 1
  const buffer = Buffer.alloc(1 << 20)
  for (let at = 0; at < position; ) {
    const bytes = buffer.subarray(0, await file.read(buffer.subarray(0, Math.min(buffer.length, position - at)), at))
    if (bytes.length === 0) break
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, end + 1)) line += 1
    at += bytes.length
  }
  return line
}

/** The error of a line that is broken where no crash can have torn it. */
export const damaged = (path: string, line: number, what: string): StartError =>
  new StartError(
    `${path}:${line}: ${what}; this is no torn end of a crash: restore the file from a backup, or mend the line`,
  )
