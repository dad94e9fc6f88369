/**
 * The order service's incarnation: rises at every start and is synced before its first use, so that no attempt id is ever
 * given twice. Kept in incarnation.csv, `format,incarnation`.
 */
import type { FileSystem } from '../storage/file-system.ts'
import { openNumberFile } from './number-file.ts'

export interface Incarnations {
  /** The next one above both the last one taken and `above`; durable when it resolves. */
  take(above: number): Promise<number>
}

/** Throws a StartError where the file is damaged. */
export async function openIncarnations(files: FileSystem, folder: string): Promise<Incarnations> {
  const file = await openNumberFile({
    files,
    folder,
    name: 'incarnation.csv',
    column: 'incarnation',
    damaged: 'no incarnation; delete the file, the next start finds the right one by itself',
  })
  return {
    async take(above) {
      const next = Math.max(file.last, above) + 1
      await file.write(next)
      return next
    },
  }
}
