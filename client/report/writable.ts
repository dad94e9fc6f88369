/**
 * Files that a command writes when its work is done: checked before the work begins, and never seen half written. A file is
 * written beside its place and renamed to it, which replaces it at once or not at all (POSIX, `rename`).
 */
import { randomBytes } from 'node:crypto'
import { access, constants, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Throws an Error whose sentence names the path, where `writeReport` could not write it. Leaves everything as it is. */
export async function checkWritable(path: string): Promise<void> {
  try {
    const place = await placeOf(path)
    if (!place.isRenamed) return
    const beside = besideName(place.path)
    await (await open(beside, 'wx')).close()
    await rm(beside)
  } catch (error) {
    throw new Error(sentence(path, error), { cause: error })
  }
}

/** Throws an Error whose sentence names the path; what was there before is there still then. */
export async function writeReport(path: string, text: string): Promise<void> {
  try {
    const place = await placeOf(path)
    if (!place.isRenamed) return await writeTo(place.path, 'r+', text)
    const beside = besideName(place.path)
    try {
      await writeTo(beside, 'wx', text)
      await rename(beside, place.path)
    } catch (error) {
      await rm(beside, { force: true })
      throw error
    }
  } catch (error) {
    throw new Error(sentence(path, error), { cause: error })
  }
}

/** A link is followed, so that it stays one. What is no plain file (a pipe, `/dev/null`) must not be replaced by one. */
async function placeOf(path: string): Promise<{ path: string; isRenamed: boolean }> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return { path, isRenamed: true }
  if (found.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
  // A rename would replace a file that was made read-only, too.
  await access(path, constants.W_OK)
  return { path: await realpath(path), isRenamed: found.isFile() }
}

function besideName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
}

async function writeTo(path: string, flags: string, text: string): Promise<void> {
  const file = await open(path, flags)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

function sentence(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const folder = dirname(path)
  switch (code) {
    case 'EISDIR':
      return `${path} cannot be written: it is a folder; name a file in it.`
    case 'ENOENT':
      return `${path} cannot be written: there is no folder ${folder}; make it first.`
    case 'ENOTDIR':
      return `${path} cannot be written: ${folder} is no folder.`
    case 'EACCES':
    case 'EPERM':
      return `${path} cannot be written: this user may not write there.`
    case 'EROFS':
      return `${path} cannot be written: the disk is read-only.`
    case 'ENOSPC':
      return `${path} cannot be written: the disk is full.`
    default:
      return `${path} cannot be written: ${message}.`
  }
}
