import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type FolderLock, lockFolder } from '../folder-lock.ts'
import { answered } from './harness.ts'

t.jobs = 6 // most of them wait

/** A process that holds the folder's lock, and its kill -9. */
async function holder(t: Test, folder: string): Promise<() => Promise<void>> {
  const path = fileURLToPath(new URL('lock-child.ts', import.meta.url))
  const child = spawn(process.execPath, [path, folder], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

/** Runs `work` and returns how many milliseconds it took. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

t.test('a second one waits about three seconds, then is told who holds it', { buffered: true }, async (t) => {
  const folder = t.testdir()
  const lock = await lockFolder(folder)
  const took = await timed(() =>
    t.rejects(lockFolder(folder), {
      name: 'StartError',
      message: `${folder} is in use by another store (process ${process.pid}); stop it, or give this one a DATA_DIR of its own`,
    }),
  )
  t.ok(took > 2900 && took < 4500, `${took} ms`)
  await lock.release()
})

t.test('a lock that is released is taken by whoever waits for it', { buffered: true }, async (t) => {
  const folder = t.testdir()
  const first = await lockFolder(folder)
  const waiting = lockFolder(folder)
  t.notOk(await answered(waiting, 200))
  await first.release()
  const second = await waiting
  await second.release()
  t.equal(readdirSync(folder).length, 1, 'only the highest name is left')
})

t.test('the lock of a process that was killed is taken over at once', { buffered: true }, async (t) => {
  const folder = t.testdir()
  const kill = await holder(t, folder)
  const waiting = lockFolder(folder)
  t.notOk(await answered(waiting, 200))
  await kill()
  const took = await timed(() => waiting)
  t.ok(took < 1000, `${took} ms`)
  await (await waiting).release()
})

t.test('of ten that find a dead lock exactly one wins, again and again', { buffered: true }, async (t) => {
  const folder = t.testdir()
  const kill = await holder(t, folder)
  await kill()
  const folders = Array.from({ length: 12 }, (_, i) => `${folder}/${i}`)
  const rounds = [folder, ...folders].map(async (each) => {
    mkdirSync(each, { recursive: true })
    const locks: FolderLock[] = []
    for (let before = 0; before < 3; before++) await (await lockFolder(each)).release() // a dead one of some generation
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => lockFolder(each).then((lock) => locks.push(lock))),
    )
    const won = all.filter(({ status }) => status === 'fulfilled').length
    for (const lock of locks) await lock.release()
    return won
  })
  t.strictSame(
    await Promise.all(rounds),
    Array.from({ length: 13 }, () => 1),
  )
})

t.test('ten that want it one after another hold it one at a time', { buffered: true }, async (t) => {
  const folder = t.testdir()
  let holding = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      const lock = await lockFolder(folder)
      most = Math.max(most, ++holding)
      await new Promise((resolve) => setTimeout(resolve, 5))
      holding -= 1
      await lock.release()
    }),
  )
  t.equal(most, 1)
})

t.test('a folder of any path length can be locked', { buffered: true }, async (t) => {
  for (const length of [20, 120, 300]) {
    const folder = `${t.testdir()}/${'long/'.repeat(60).slice(0, length)}x`
    mkdirSync(folder, { recursive: true })
    const lock = await lockFolder(folder)
    const waiting = lockFolder(folder)
    t.notOk(await answered(waiting, 100))
    await lock.release()
    await (await waiting).release() // who waits still writes in the folder: the test ends after it
  }
})

t.test(
  'a folder that cannot be written is named',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async (t) => {
    await t.rejects(lockFolder('/proc'), { name: 'StartError', message: /^\/proc cannot be locked/ })
  },
)
