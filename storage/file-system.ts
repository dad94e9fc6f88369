/**
 * The few calls on files that the engines need, as an argument: tests put a file system under them that stops, fails or
 * forgets. Every call can reject with the system's error (`code` ENOSPC, EIO …); none retries.
 */
import { fdatasync, writeSync } from 'node:fs'
import * as fs from 'node:fs/promises'

export interface OpenFile {
  /** Bytes. */
  size(): Promise<number>
  /** Fills `buffer` from `position`; returns how many bytes there were. */
  read(buffer: Uint8Array, position: number): Promise<number>
  /** Writes all of `bytes`, or rejects (some of them may be in the file then). */
  write(bytes: Uint8Array, position: number): Promise<void>
  truncate(length: number): Promise<void>
  /** After it the file's bytes and its length survive a power cut. A failed one must never be tried again. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileSystem {
  /** `read`: must exist. `write`: read and write, must exist. `create`: read and write, emptied when it exists. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile>
  readFile(path: string): Promise<Buffer>
  list(folder: string): Promise<string[]>
  /** Also the folders above it. Returns the first that was missing, undefined where none was. */
  makeFolder(folder: string): Promise<string | undefined>
  rename(from: string, to: string): Promise<void>
  /** A second name for the same file; rejects with EEXIST where `to` exists. */
  link(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** After it the folder's names survive a power cut. */
  syncFolder(folder: string): Promise<void>
  /** Size in bytes, and a mark that changes when the file is written, not when it is renamed; undefined where there is none. */
  stat(path: string): Promise<{ size: number; mark: string } | undefined>
}

/** What the system offers of an open file: it may read and write fewer bytes than asked. */
export interface RawFile {
  stat(): Promise<{ size: number }>
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>
  truncate(length: number): Promise<void>
  datasync(): Promise<void>
  close(): Promise<void>
}

/** Whole reads and writes over the system's partial ones. */
export const fileOver = (raw: RawFile): OpenFile => ({
  size: async () => (await raw.stat()).size,
  async read(buffer, position) {
    let done = 0
    while (done < buffer.length) {
      const { bytesRead } = await raw.read(buffer, done, buffer.length - done, position + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return done
  },
  async write(bytes, position) {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await raw.write(bytes, done, bytes.length - done, position + done)
      if (bytesWritten === 0) throw Object.assign(new Error('a write wrote nothing'), { code: 'ENOSPC' })
      done += bytesWritten
    }
  },
  truncate: (length) => raw.truncate(length),
  sync: () => raw.datasync(),
  close: () => raw.close(),
})

const flags = { read: 'r', write: 'r+', create: 'w+' } as const

/** A write of at most so many bytes only copies them to the system's memory: a thread's turn for it takes longer than the copy. */
const copiedAtOnce = 128 * 1024

/** What every purchase does with a file is done without the promises and threads of a FileHandle where they cost more than the work. */
const rawOver = (handle: fs.FileHandle): RawFile => ({
  stat: () => handle.stat(),
  read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
  async write(bytes, offset, length, position) {
    if (length > copiedAtOnce) return handle.write(bytes, offset, length, position)
    return { bytesWritten: writeSync(handle.fd, bytes, offset, length, position) }
  },
  truncate: (length) => handle.truncate(length),
  datasync: () =>
    new Promise((resolve, reject) => {
      fdatasync(handle.fd, (error) => (error === null ? resolve() : reject(error)))
    }),
  close: () => handle.close(),
})

export const realFileSystem: FileSystem = {
  open: async (path, mode) => fileOver(rawOver(await fs.open(path, flags[mode]))),
  readFile: (path) => fs.readFile(path),
  list: (folder) => fs.readdir(folder),
  makeFolder: (folder) => fs.mkdir(folder, { recursive: true }),
  rename: (from, to) => fs.rename(from, to),
  link: (from, to) => fs.link(from, to),
  remove: (path) => fs.unlink(path),
  async syncFolder(folder) {
    const handle = await fs.open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  async stat(path) {
    try {
      const { size, mtimeMs, ino } = await fs.stat(path)
      return { size, mark: `${size} ${mtimeMs} ${ino}` }
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  },
}

/** Takes away what a crash left half written of whole files: nothing was decided by it. */
export async function removeTemporaries(files: FileSystem, folder: string): Promise<void> {
  for (const left of await files.list(folder)) if (left.endsWith('.tmp')) await files.remove(`${folder}/${left}`)
}

/**
 * Writes a whole file so that a crash leaves the old one or the new one: temp file → sync → rename → sync of the folder.
 * `bytes` may come in pieces: each is asked for when the one before it is written, and everybody else has a turn meanwhile.
 * `beforeRename` is the last moment at which the old one can still be looked at.
 */
export async function replaceFile(
  files: FileSystem,
  folder: string,
  name: string,
  bytes: Uint8Array | Iterable<Uint8Array>,
  beforeRename?: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${folder}/${name}.tmp`
  try {
    const file = await files.open(temporary, 'create')
    try {
      let at = 0
      for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
        await file.write(piece, at)
        at += piece.length
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await beforeRename?.(temporary)
    await files.rename(temporary, `${folder}/${name}`)
  } catch (error) {
    await files.remove(temporary).catch(() => {}) // it may not have come to be; the first error is the one that counts
    throw error
  }
  await files.syncFolder(folder)
}
