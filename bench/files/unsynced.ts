/** For measuring what syncs cost: the real file system, whose syncs do nothing. What is written does not survive a power cut. */
import type { FileSystem } from '../../storage/file-system.ts'

export const unsynced = (files: FileSystem): FileSystem => ({
  ...files,
  open: async (path, mode) => ({ ...(await files.open(path, mode)), sync: async () => {} }),
  syncFolder: async () => {},
})

/** The file system that the setting `BENCH_FILES` names: `real` or `unsynced`. */
export function filesNamed(name: string | undefined, files: FileSystem): FileSystem {
  if (name === 'real') return files
  if (name === 'unsynced') return unsynced(files)
  throw new Error(`BENCH_FILES must be real or unsynced, but it is ${name}`)
}
