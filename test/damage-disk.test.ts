/**
 * A disk that is full or read-only, under a whole store. A small file system in memory is mounted for it, where the system
 * lets us; where it does not, storage/csv/test/ still has the same refusals, made up.
 */
import { execFileSync } from 'node:child_process'
import { rm, stat, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { bytesOf } from '../storage/csv/test/harness.ts'
import { ask, eventually } from './ask.ts'
import { buy, dataDirOf, NotOpened, startStore } from './store.ts'

/** A file system of so many bytes at a folder of the test's own; gone with the test. Undefined where we may not mount. */
function smallDisk(t: Test, size: string): { path: string; remount: (how: 'ro' | 'rw') => void } | undefined {
  const path = dataDirOf(t)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' })
  } catch {
    return undefined
  }
  const unmount = () => {
    try {
      execFileSync('umount', ['-l', path], { stdio: 'pipe' })
    } catch {} // it is gone already
  }
  process.once('exit', unmount)
  t.teardown(unmount)
  return { path, remount: (how) => void execFileSync('mount', ['-o', `remount,${how}`, path], { stdio: 'pipe' }) }
}

/** Takes every byte that is left. */
async function fill(path: string): Promise<void> {
  for (let bytes = 1 << 20; bytes >= 1; bytes = bytes >> 1)
    for (let i = 0; i < 4; i++) await writeFile(`${path}/filler`, Buffer.alloc(bytes), { flag: 'a' }).catch(() => {})
}

const noMount = 'a file system cannot be mounted here'

t.test('a full disk refuses purchases, answers reads, and recovers by itself when there is room', async (t) => {
  const disk = smallDisk(t, '600k')
  if (disk === undefined) {
    t.comment(noMount)
    return
  }
  const dataDir = disk.path
  const store = await startStore({ dataDir, t })
  const bought: number[] = []
  const once = async (key: string): Promise<{ status: number; body: unknown }> => {
    const answer = await buy(store.url, { name: 'Tux', quantity: 1 }, { key })
    if (answer.status === 200) bought.push((answer.body as { data: { order_number: number } }).data.order_number)
    return answer
  }
  for (let i = 0; i < 5; i++) t.equal((await once(`before-${i}`)).status, 200)
  await fill(dataDir)
  // What is left of the last page still takes some.
  let refused = await once('full-0')
  for (let i = 1; refused.status === 200 && i < 500; i++) refused = await once(`full-${i}`)
  t.match(refused, { status: 503, body: { error: { reason: 'unavailable' } } })
  t.equal((await ask(`${store.url}/products/Tux`)).status, 200)
  t.match((await ask(`${store.url}/orders/${bought.at(-1)}`)).body, { data: { number: bought.at(-1) } })
  t.match((await ask(`${store.url}/orders?limit=2`)).body, { data: [{ number: bought.at(-1) }, {}] })
  await rm(`${dataDir}/filler`)
  await eventually(async () => (await once('after')).status === 200)
  t.strictSame(
    bought.toSorted((a, b) => a - b),
    Array.from({ length: bought.length }, (_, i) => i + 1),
    'no number is left out',
  )
  t.match((await ask(`${store.url}/products/Tux`)).body, { data: { stock: 10_000 - bought.length } })
  t.notOk(
    store.output.some((line) => line.includes('is started again')),
    'nothing ended',
  )

  await store.kill()
  await fill(dataDir)
  const output: string[] = []
  const starting = startStore({ dataDir, t, output })
  const full = /the disk is full \(.*\); make room, the start is tried again by itself/
  await eventually(() => output.some((line) => full.test(line)), 30_000)
  await rm(`${dataDir}/filler`)
  const again = await starting
  t.match((await buy(again.url, { name: 'Tux', quantity: 1 }, { key: 'after' })).body, {
    data: { order_number: bought.length },
  })
  t.match((await buy(again.url, { name: 'Tux', quantity: 1 })).body, { data: { order_number: bought.length + 1 } })
  t.equal(await again.stop(), 0)
  t.strictSame((await verifyFiles(dataDir)).differences, [])
})

t.test('a read-only disk stops the start with exit code 2 and what to do; writable again, all is there', async (t) => {
  const disk = smallDisk(t, '2m')
  if (disk === undefined) {
    t.comment(noMount)
    return
  }
  const dataDir = `${disk.path}/data`
  const refusal = async () => {
    const error: unknown = await startStore({ dataDir, t }).catch((reason: unknown) => reason)
    if (!(error instanceof NotOpened)) throw error
    t.equal(error.code, 2)
    return error.output.filter((line) => !line.startsWith('{')).join('\n')
  }
  disk.remount('ro')
  t.match(
    await refusal(),
    /data\/(catalog|payment|order) cannot be used \(.*\); make it readable and writable, or set DATA_DIR/,
  )
  await t.rejects(stat(dataDir), 'nothing was made')
  disk.remount('rw')
  const store = await startStore({ dataDir, t })
  t.match((await buy(store.url, { name: 'Tux', quantity: 1 })).body, { data: { order_number: 1 } })
  t.equal(await store.stop(), 0)
  disk.remount('ro')
  const before = [bytesOf(`${dataDir}/catalog`), bytesOf(`${dataDir}/order`)]
  t.match(await refusal(), /data\/(catalog|payment|order) cannot be locked \(.*EROFS.*\); is it writable\?/)
  t.strictSame([bytesOf(`${dataDir}/catalog`), bytesOf(`${dataDir}/order`)], before)
  disk.remount('rw')
  const again = await startStore({ dataDir, t })
  t.match((await buy(again.url, { name: 'Tux', quantity: 1 })).body, { data: { order_number: 2 } })
  t.equal(await again.stop(), 0)
  t.strictSame((await verifyFiles(dataDir)).differences, [])
})
