/** A small file that holds one number, `format,<column>`, synced before it counts. */
import { StartError } from '../errors.ts'
import { type FileSystem, replaceFile } from '../storage/file-system.ts'

const format = 1

export interface NumberFile {
  /** What the file holds; 0 where there is none. */
  readonly last: number
  /** Durable when it resolves. One at a time. */
  write(number: number): Promise<void>
}

export interface NumberFileOptions {
  files: FileSystem
  folder: string
  /** As `incarnation.csv`. */
  name: string
  column: string
  /** What is wrong with a damaged one and what to do: the end of a sentence. */
  damaged: string
}

/** Throws a StartError where the file is damaged. */
export async function openNumberFile(options: NumberFileOptions): Promise<NumberFile> {
  const { files, folder, name, column } = options
  let last = await readLast(options)
  return {
    get last() {
      return last
    },
    async write(number) {
      await replaceFile(files, folder, name, Buffer.from(`format,${column}\n${format},${number}\n`))
      last = number
    },
  }
}

async function readLast({ files, folder, name, column, damaged }: NumberFileOptions): Promise<number> {
  const path = `${folder}/${name}`
  if ((await files.stat(path)) === undefined) return 0
  const text = (await files.readFile(path)).toString('utf8')
  const found = new RegExp(`^format,${column}\\r?\\n(\\d+),(\\d{1,15})\\r?\\n$`).exec(text)
  if (found === null) throw new StartError(`${path}:2: this is ${damaged}`)
  if (Number(found[1]) > format)
    throw new StartError(
      `${path}:2: format ${found[1]} is newer than this version of the store reads; start the newer one`,
    )
  return Number(found[2])
}
