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
    if (isFull(error)) throw error
    throw new StartError(
      `${folder} cannot be used (${(error as Error).message}); make it readable and writable, or set DATA_DIR`,
    )
  }
}

/**
 * The system's refusal of a file at a start, with what to do. A StartError where a person must change something first; a full
 * disk is no such thing: the service ends and is started again until there is room, as purchases are refused only until then.
 */
export function startError(error: unknown): unknown {
  const code = systemCode(error)
  const message = error instanceof Error ? error.message : ''
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'EISDIR' || code === 'ENOTDIR')
    return new StartError(`${message}; make it readable and writable for this user`)
  if (isFull(error))
    return new Error(`the disk is full (${message}); make room, the start is tried again by itself`, { cause: error })
  return error
}

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')
