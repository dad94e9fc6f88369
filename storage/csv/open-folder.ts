/** A service's folder, made where it is missing, and locked for this process. */
import { dirname, resolve } from 'node:path'
import { StartError, systemCode } from '../../errors.ts'
import type { FileSystem } from '../file-system.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'

/** Throws a StartError where the folder cannot be used. */
export async function openFolder(files: FileSystem, folder: string): Promise<FolderLock> {
  await makeFolder(files, folder)
  return lockFolder(folder)
}

/** Makes the folder so that it survives a power cut. Throws a StartError where it cannot be used. */
export async function makeFolder(files: FileSystem, folder: string): Promise<void> {
  try {
    const fresh = await files.makeFolder(folder)
    const first = resolve(fresh ?? dirname(folder))
    // Its own name and its parent's are synced even if they were there: whoever made them may have been killed before.
    for (let made = resolve(folder); made.length >= first.length; made = dirname(made))
      await files.syncFolder(dirname(made)).catch((error: unknown) => {
        if (fresh !== undefined || systemCode(error) !== 'EACCES') throw error // who may not look into it has not made it
      })
    await files.list(folder)
  } catch (error) {
    throw new StartError(
      `${folder} cannot be used (${(error as Error).message}); make it readable and writable, or set DATA_DIR`,
    )
  }
}

/** The system's refusal of a file at a start as something a person must mend; anything else as it is. */
export function startError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'EISDIR' || code === 'ENOTDIR')
    return new StartError(`${(error as Error).message}; make it readable and writable for this user`)
  return error
}
