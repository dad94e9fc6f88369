import t from 'tap'
import { realClock } from '../../clock.ts'
import { type FileSystem, replaceFile } from '../file-system.ts'
import { measuredFiles } from '../measured-files.ts'
import { MemoryDisk } from './memory-disk.ts'

/** Every look at the clock takes a second. */
function measured(files: FileSystem): { files: FileSystem; noted: [kind: string, seconds: number][] } {
  let now = 0
  const clock = { ...realClock, elapsed: () => (now += 1000) }
  const noted: [string, number][] = []
  return { files: measuredFiles(files, clock, (kind) => ({ note: (seconds) => noted.push([kind, seconds]) })), noted }
}

t.test('syncs are noted by the kind of their file, and all else is as below', async (t) => {
  const disk = new MemoryDisk()
  const { files, noted } = measured(disk.mount())
  await files.makeFolder('/d')
  for (const name of ['journal-00000007.csv', 'toys_db.csv', '9.csv'])
    await replaceFile(files, '/d', name, Buffer.from(name))
  t.strictSame(noted, [
    ['journal', 1],
    ['toys_db', 1],
    ['other', 1],
  ])
  t.strictSame((await files.list('/d')).sort(), ['9.csv', 'journal-00000007.csv', 'toys_db.csv'])
  await files.link('/d/9.csv', '/d/a.csv')
  await files.remove('/d/9.csv')
  t.equal((await files.readFile('/d/a.csv')).toString(), '9.csv')
  t.equal((await files.stat('/d/a.csv'))?.size, 5)
  const file = await files.open('/d/a.csv', 'write')
  await file.truncate(3)
  t.equal(await file.size(), 3)
  const read = Buffer.alloc(5)
  t.equal(await file.read(read, 0), 3)
  await file.close()
})

t.test('a sync that fails is noted, and fails', async (t) => {
  const disk = new MemoryDisk()
  const mount = disk.mount()
  await mount.makeFolder('/d')
  const open: FileSystem['open'] = async (path, mode) => {
    const file = await mount.open(path, mode)
    return Object.assign(file, { sync: () => Promise.reject(new Error('EIO')) })
  }
  const { files, noted } = measured(Object.assign(Object.create(mount) as FileSystem, { open }))
  const file = await files.open('/d/orders.csv', 'create')
  await t.rejects(file.sync(), { message: 'EIO' })
  t.strictSame(noted, [['orders', 1]])
})
