/** A service's folder, made where it is missing, and locked for this process. */
import { StartError } from '../../errors.ts'
import type { FileSystem } from '../file-system.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'

/** Throws a StartError where the folder cannot be used. */
export async function openFolder(files: FileSystem, folder: string): Promise<FolderLock> {
  try {
    await files.makeFolder(folder)
    await files.list(folder)
  } catch (error) {
    throw new StartError(
      `${folder} cannot be used (${(error as Error).message}); make it readable and writable, or set DATA_DIR`,
    )
  }
  return lockFolder(folder)
}

/** The system's refusal of a file at a start as something a person must mend; anything else as it is. */
export function startError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'EISDIR' || code === 'ENOTDIR')
    return new StartError(`${(error as Error).message}; make it readable and writable for this user`)
  return error
}
