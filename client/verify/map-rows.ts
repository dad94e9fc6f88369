/**
 * The rows of a map's segments, one after the other, of a stopped store or a running one. Always: of each segment what was there
 * when it was opened; memory of a fixed size.
 */
import { MapRow } from '../../storage/csv/map-row.ts'
import type { FileSystem, OpenFile } from '../../storage/file-system.ts'
import { whileReplaced } from './ledger.ts'

export interface MapRowReader {
  /** For each row that is sound; it is the next one's after that. */
  take(row: MapRow, path: string, line: number): void
  /** For each that is not. */
  wrong(path: string, line: number, what: string): void
  /** Awaited after each mebibyte or so, for who does slow work with what was taken. */
  settle?(): Promise<void>
}

const chunkBytes = 1 << 20
/** A crash tears at most so much of a file's end. */
const tornBytes = 1 << 20

/**
 * Reads those of `folder` named `<name>-00000001.csv` and so on; none where there is no such folder. `begin` is called before
 * the first row, and again where a compaction has replaced the files meanwhile.
 */
export const readMapRows = (
  { folder, name, files }: { folder: string; name: string; files: FileSystem },
  begin: () => MapRowReader,
): Promise<void> => whileReplaced(() => readOnce(folder, formOf(name), files, begin()))

/** Whether there are any. */
export const hasMapRows = async (folder: string, name: string, files: FileSystem): Promise<boolean> =>
  (await files.list(folder).catch(() => [])).some((each) => formOf(name).test(each))

const formOf = (name: string): RegExp => new RegExp(`^${name}-\\d+\\.csv$`)

async function readOnce(folder: string, form: RegExp, files: FileSystem, reader: MapRowReader): Promise<void> {
  const names = (await files.list(folder).catch(() => [])).filter((name) => form.test(name)).sort()
  for (const name of names) {
    const path = `${folder}/${name}`
    const file = await files.open(path, 'read')
    try {
      await readSegment(file, path, name === names.at(-1), reader)
    } finally {
      await file.close()
    }
  }
}

async function readSegment(
  file: OpenFile,
  path: string,
  isLast: boolean,
  { take, wrong, settle }: MapRowReader,
): Promise<void> {
  const size = await file.size()
  const row = new MapRow()
  let line = 0
  for (let at = 0; at < size; ) {
    const buffer = Buffer.alloc(Math.min(chunkBytes, size - at))
    const bytes = buffer.subarray(0, await file.read(buffer, at))
    const whole = bytes.lastIndexOf(10) + 1
    if (whole === 0) {
      if (!isLast) wrong(path, line + 1, 'the row has no end')
      return
    }
    for (let next = 0; next < whole; next = row.next) {
      row.read(bytes.subarray(0, whole), next)
      line += 1
      if (line === 1) continue
      if (row.change !== undefined) take(row, path, line)
      else if (isLast && at + next > size - tornBytes && bytes.subarray(row.at, row.end).includes(0)) {
        await settle?.()
        return
      } else wrong(path, line, 'the row is damaged')
    }
    await settle?.()
    at += whole
  }
}
