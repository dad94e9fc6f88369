/**
 * The order service's incarnation: rises at every start and is synced before its first use, so that no attempt id is ever
 * given twice. Kept in incarnation.csv, `format,incarnation`.
 */
import { StartError } from '../errors.ts'
import { type FileSystem, replaceFile } from '../storage/file-system.ts'

const name = 'incarnation.csv'
const format = 1

export interface Incarnations {
  /** The next one above both the last one taken and `above`; durable when it resolves. */
  take(above: number): Promise<number>
}

/** Throws a StartError where the file is damaged. */
export async function openIncarnations(files: FileSystem, folder: string): Promise<Incarnations> {
  let last = await readLast(files, folder)
  return {
    async take(above) {
      const next = Math.max(last, above) + 1
      await replaceFile(files, folder, name, Buffer.from(`format,incarnation\n${format},${next}\n`))
      last = next
      return next
    },
  }
}

async function readLast(files: FileSystem, folder: string): Promise<number> {
  const path = `${folder}/${name}`
  if ((await files.stat(path)) === undefined) return 0
  const text = (await files.readFile(path)).toString('utf8')
  const found = /^format,incarnation\r?\n(\d+),(\d{1,15})\r?\n$/.exec(text)
  if (found === null)
    throw new StartError(
      `${path}:2: this is no incarnation; delete the file, the next start finds the right one by itself`,
    )
  if (Number(found[1]) > format)
    throw new StartError(
      `${path}:2: format ${found[1]} is newer than this version of the store reads; start the newer one`,
    )
  return Number(found[2])
}
