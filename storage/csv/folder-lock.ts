/**
 * One process per folder. The holder listens on a Unix socket in it: a dead holder cannot answer, whatever became of its
 * pid, in another container too.
 *
 * Two that find the same dead socket must not both win. So each holder has a socket of its own, `lock-<generation>`: who
 * finds the highest one dead listens under a name of its own and then links that to the next generation, which exactly one
 * can do and which answers from the first moment. The highest socket's name is never removed, so generations only rise.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { link, readdir, unlink } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { StartError, systemCode } from '../../errors.ts'

const waitMs = 3000
const pathBytesMax = 100 // of a socket's path; the system's limit is 104 to 108

export interface FolderLock {
  release(): Promise<void>
}

/** Waits up to 3 s for a dying holder. Throws a StartError where the folder stays in use. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const until = performance.now() + waitMs
  for (;;) {
    const highest = await highestGeneration(folder)
    const holder = highest === 0 ? undefined : await ask(folder, highest)
    if (holder === undefined) {
      const lock = await take(folder, highest + 1)
      if (lock !== undefined) return lock
    } else if (performance.now() > until)
      throw new StartError(
        `${folder} is in use by another store (${holder}); stop it, or give this one a DATA_DIR of its own`,
      )
    else await pause(50)
  }
}

const lockName = (generation: number): string => `lock-${generation}`

async function generations(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => /^lock-(\d+)$/.exec(name)?.[1] ?? []).map(Number)
}

const highestGeneration = async (folder: string): Promise<number> => Math.max(0, ...(await generations(folder)))

/** Who holds it; undefined where nobody answers any more. */
async function ask(folder: string, generation: number): Promise<string | undefined> {
  const { path, done } = socketPath(folder, lockName(generation))
  try {
    return await new Promise((resolve) => {
      const socket = connect(path)
      let said = ''
      const timer = setTimeout(() => finish('it does not say which'), 500)
      const finish = (holder: string | undefined) => {
        clearTimeout(timer)
        socket.destroy()
        resolve(holder)
      }
      socket.setEncoding('utf8').on('data', (text) => {
        said += text
      })
      socket.on('end', () => finish(said || 'it does not say which'))
      socket.on('error', (error) => {
        const dead = ['ECONNREFUSED', 'ENOENT'].includes(systemCode(error) ?? '')
        finish(dead ? undefined : 'it does not say which')
      })
    })
  } finally {
    done()
  }
}

/** Undefined where someone else was faster. */
async function take(folder: string, generation: number): Promise<FolderLock | undefined> {
  const own = `lock.${process.pid}.${randomBytes(4).toString('hex')}`
  const server = createServer((socket) => {
    socket.on('error', () => {}) // who asked and went away does not matter
    socket.end(`process ${process.pid}`)
  })
  const { path, done } = socketPath(folder, own)
  try {
    await listen(server, path)
    await link(`${folder}/${own}`, `${folder}/${lockName(generation)}`)
  } catch (error) {
    await close(server)
    if (systemCode(error) === 'EEXIST') return undefined
    throw new StartError(`${folder} cannot be locked (${(error as Error).message}); is it writable?`)
  } finally {
    await unlink(`${folder}/${own}`).catch(() => {}) // where listening failed there is none
    done()
  }
  server.unref()
  const all = await generations(folder)
  if (Math.max(...all) > generation) {
    // Who was stopped for long may find a name free again that others have used and tidied away: theirs count.
    await unlink(`${folder}/${lockName(generation)}`).catch(() => {}) // another start tidies too
    await close(server)
    return undefined
  }
  for (const older of all) if (older < generation) await unlink(`${folder}/${lockName(older)}`).catch(() => {}) // another start tidies too
  return { release: () => close(server) }
}

const listen = (server: Server, path: string): Promise<AddressInfo | string | null> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve(server.address()))
  })

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))

/** A path to the socket that is short enough: as it is, from here, or through a descriptor of the folder (Linux). */
function socketPath(folder: string, name: string): { path: string; done: () => void } {
  const whole = `${folder}/${name}`
  const fromHere = `${relative('.', folder) || '.'}/${name}`
  for (const path of [whole, fromHere]) if (Buffer.byteLength(path) <= pathBytesMax) return { path, done: () => {} }
  const descriptor = openSync(folder, 'r')
  return { path: `/proc/self/fd/${descriptor}/${name}`, done: () => closeSync(descriptor) }
}
