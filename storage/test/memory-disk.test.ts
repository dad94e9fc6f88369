/** The disk itself: too kind a one would let every test above it pass. */
import t from 'tap'
import { replaceFile } from '../file-system.ts'
import { Calls, type FaultKind, fits, MemoryDisk } from './memory-disk.ts'
import { randomFrom } from './random.ts'

const text = (disk: MemoryDisk, path: string): string | undefined => disk.read(path)?.toString()
const bytes = (content: string): Buffer => Buffer.from(content)

/** A disk with a folder `/d` that survives everything, and one process's view of it. */
async function diskOf(pageBytes = 4) {
  const disk = new MemoryDisk({ pageBytes })
  const files = disk.mount()
  await files.makeFolder('/d')
  await files.syncFolder('/')
  return { disk, files }
}

/** What can be there after the power was cut, over many rolls of the dice. */
function fates(disk: MemoryDisk, look: (disk: MemoryDisk) => string | undefined, rolls = 400): Set<string | undefined> {
  const found = new Set<string | undefined>()
  for (let seed = 0; seed < rolls; seed++) {
    const after = disk.clone()
    after.cutPower(randomFrom(seed))
    found.add(look(after))
  }
  return found
}

t.test('what is synced, name and bytes, survives every cut', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.write(bytes('abcdefgh'), 0)
  await file.sync()
  await files.syncFolder('/d')
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))], ['abcdefgh'])
  await replaceFile(files, '/d', 'a', bytes('xy'))
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))], ['xy'])
})

t.test('of unsynced pages any subset may be lost, each whole, old or as zeros', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.write(bytes('AAAABBBB'), 0)
  await file.sync()
  await files.syncFolder('/d')
  await file.write(bytes('aaaabbbbcccc'), 0)
  const found = fates(disk, (after) => text(after, '/d/a')?.replaceAll('\0', '.'))
  for (const possible of [
    'AAAABBBB',
    'aaaaBBBB',
    'AAAAbbbb',
    'aaaabbbb',
    'AAAABBBB....',
    'AAAABBBBcccc',
    'aaaabbbbcccc',
  ])
    t.ok(found.has(possible), possible)
  for (const one of found) t.match(one, /^(AAAA|aaaa)(BBBB|bbbb)(\.{4}|cccc)?$/)
})

t.test('a page that was written several times may be there as it once was', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.sync()
  await files.syncFolder('/d')
  for (const version of ['1111', '2222', '3333']) await file.write(bytes(version), 0)
  t.strictSame(
    [...fates(disk, (after) => text(after, '/d/a')?.replaceAll('\0', '.'))].sort(),
    ['', '....', '1111', '2222', '3333'].sort(),
  )
})

t.test('writing again what is there loses nothing of it', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.write(bytes('abcdefghi'), 0)
  await file.sync()
  await files.syncFolder('/d')
  await file.write(bytes('abcdefghi'), 0)
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))], ['abcdefghi'])
})

t.test('a cut that was not synced may come back, also in part', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.write(bytes('abcdefgh'), 0)
  await file.sync()
  await files.syncFolder('/d')
  await file.truncate(2)
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))].sort(), ['ab', 'abcdefgh'])
  await file.sync()
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))], ['ab'])
})

t.test('a synced file without a synced name may be gone', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.write(bytes('abc'), 0)
  await file.sync()
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))].sort(), ['abc', undefined])
})

t.test('a renaming comes as a whole or not at all, whatever else comes', async (t) => {
  const { disk, files } = await diskOf()
  for (const name of ['old', 'new']) await replaceFile(files, '/d', name, bytes(name))
  await files.rename('/d/new', '/d/old')
  await files.remove('/d/old')
  const look = (after: MemoryDisk): string => `${text(after, '/d/old')} ${text(after, '/d/new')}`
  t.strictSame(
    [...fates(disk, look)].sort(),
    ['new undefined', 'old new', 'undefined new', 'undefined undefined'].sort(),
  )
})

t.test('an unsynced removal may be undone, an unsynced folder takes all with it', async (t) => {
  const { disk, files } = await diskOf()
  await replaceFile(files, '/d', 'a', bytes('abc'))
  await files.remove('/d/a')
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))].sort(), ['abc', undefined])
  await files.makeFolder('/d/e')
  await replaceFile(files, '/d/e', 'b', bytes('b'))
  t.strictSame([...fates(disk, (after) => text(after, '/d/e/b'))].sort(), ['b', undefined])
})

t.test('a second name is a file of its own as far as cuts go', async (t) => {
  const { disk, files } = await diskOf()
  await replaceFile(files, '/d', 'a', bytes('abc'))
  await files.link('/d/a', '/d/b')
  await t.rejects(files.link('/d/a', '/d/b'), { code: 'EEXIST' })
  t.strictSame([...fates(disk, (after) => text(after, '/d/b'))].sort(), ['abc', undefined])
  await files.syncFolder('/d')
  await files.remove('/d/a')
  t.strictSame([...fates(disk, (after) => text(after, '/d/b'))], ['abc'])
})

t.test('a killed process leaves all that it wrote, and does nothing more', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.write(bytes('abc'), 0)
  files.kill()
  void file.write(bytes('xyz'), 0)
  void files.remove('/d/a')
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(text(disk, '/d/a'), 'abc')
  t.equal((await disk.mount().readFile('/d/a')).toString(), 'abc')
})

t.test('after a failed sync the pages are readable and lost, and a later sync does not bring them back', async (t) => {
  const { disk, files: setup } = await diskOf()
  await replaceFile(setup, '/d', 'a', bytes('AAAA'))
  const files = disk.mount({ at: 3, kind: 'sync-lost-later' })
  const file = await files.open('/d/a', 'write')
  await file.write(bytes('aaaabbbb'), 0)
  await t.rejects(file.sync(), { code: 'EIO' })
  t.equal(text(disk, '/d/a'), 'aaaabbbb')
  await file.sync()
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))], ['AAAA\0\0\0\0'])
  await file.write(bytes('bbbb'), 4)
  await file.sync()
  t.strictSame([...fates(disk, (after) => text(after, '/d/a'))], ['AAAAbbbb'])
})

t.test('after a failed sync that drops the cache the file reads as it was', async (t) => {
  const { disk, files: setup } = await diskOf()
  await replaceFile(setup, '/d', 'a', bytes('AAAA'))
  const file = await disk.mount({ at: 3, kind: 'sync-lost' }).open('/d/a', 'write')
  await file.write(bytes('aaaabbbb'), 0)
  await t.rejects(file.sync(), { code: 'EIO' })
  t.equal(text(disk, '/d/a'), 'AAAA')
})

t.test('a fault strikes its call only, and only a call that it can befall', async (t) => {
  const kinds: FaultKind[] = [
    'EIO',
    'ENOSPC',
    'EDQUOT',
    'EMFILE',
    'late-EIO',
    'half-write',
    'sync-lost',
    'sync-lost-later',
  ]
  for (const kind of kinds)
    for (let at = 1; at <= 9; at++) {
      const { disk } = await diskOf()
      const files = disk.mount({ at, kind })
      const failed: number[] = []
      const step = async (work: () => Promise<unknown>): Promise<void> => {
        const before = files.calls.length
        await work().catch((error: { code: string }) => {
          if (error.code === 'ENOENT') return // what an earlier step was to make
          failed.push(before + 1)
          if (!/^(EIO|ENOSPC|EDQUOT|EMFILE)$/.test(error.code)) throw error
        })
      }
      await step(() => files.open('/d/a', 'create'))
      const file = await disk.mount().open('/d/a', 'create')
      await step(() => files.list('/d'))
      await step(() => files.readFile('/d/a'))
      await step(() => files.stat('/d/a'))
      await step(() => files.rename('/d/a', '/d/b'))
      await step(() => files.syncFolder('/d'))
      await step(() => files.remove('/d/b'))
      await step(() => files.list('/d'))
      await file.close()
      const { kind: struck } = files.calls[at - 1] ?? {}
      t.strictSame(failed.slice(0, 1), struck !== undefined && fits(kind, struck) ? [at] : [], `${kind} at ${at}`)
    }
})

t.test('no room lasts until it is healed; half a write is half a write; a late error has done its work', async (t) => {
  const { disk } = await diskOf()
  const full = disk.mount({ at: 2, kind: 'ENOSPC', lasting: true })
  const file = await full.open('/d/a', 'create')
  for (let i = 0; i < 3; i++) await t.rejects(file.write(bytes('abc'), 0), { code: 'ENOSPC' })
  await file.sync()
  full.heal()
  await file.write(bytes('abc'), 0)
  const half = await disk.mount({ at: 2, kind: 'half-write' }).open('/d/a', 'create')
  await t.rejects(half.write(bytes('abcdef'), 0), { code: 'ENOSPC' })
  t.equal(text(disk, '/d/a'), 'abc')
  await t.rejects(disk.mount({ at: 1, kind: 'late-EIO' }).remove('/d/a'), { code: 'EIO' })
  t.equal(text(disk, '/d/a'), undefined)
})

t.test('short reads and writes are gone on with; a flipped bit is one bit, on the way only', async (t) => {
  const { disk } = await diskOf()
  const file = await disk.mount({ at: 2, kind: 'short' }).open('/d/a', 'create')
  await file.write(bytes('abcdef'), 0)
  t.equal(text(disk, '/d/a'), 'abcdef')
  const buffer = Buffer.alloc(6)
  t.equal(await (await disk.mount({ at: 2, kind: 'short' }).open('/d/a', 'read')).read(buffer, 0), 6)
  t.equal(buffer.toString(), 'abcdef')
  const read = await disk.mount({ at: 1, kind: 'bit-flip' }).readFile('/d/a')
  t.equal(read.toString(), 'abceef')
  t.equal(text(disk, '/d/a'), 'abcdef')
})

t.test('several mounts share one count, and a sync that is under way has not happened', async (t) => {
  const { disk } = await diskOf()
  const before: (string | undefined)[] = []
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const calls = new Calls({
    turn,
    faults: [{ at: 4, kind: 'EIO', on: { kind: 'stat', path: '/d/b' } }],
    before: () => before.push([...fates(disk, (after) => text(after, '/d/a'), 50)].sort().join()),
  })
  const [one, other] = [disk.mount(calls), disk.mount(calls)]
  const file = await one.open('/d/a', 'create')
  await one.syncFolder('/d')
  await file.write(bytes('abcd'), 0)
  const syncing = file.sync()
  await other.stat('/d/a')
  await syncing
  await t.rejects(other.stat('/d/b'), { code: 'EIO' })
  t.equal(await other.stat('/d/b'), undefined)
  t.equal(calls.all.length, 7)
  t.ok(before[4]!.split(',').length > 1, 'while the sync is under way, the bytes can be lost')
  t.equal(before[5], 'abcd')
})

t.test('a clone goes on by itself', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.write(bytes('abc'), 0)
  const clone = disk.clone()
  await file.write(bytes('xyz'), 0)
  await replaceFile(clone.mount(), '/d', 'b', bytes('b'))
  t.equal(text(clone, '/d/a'), 'abc')
  t.equal(text(disk, '/d/b'), undefined)
})

t.test('what a person puts there is durable, whatever was pending under that name', async (t) => {
  const { disk, files } = await diskOf()
  const file = await files.open('/d/a', 'create')
  await file.write(bytes('abc'), 0)
  await files.rename('/d/a', '/d/b')
  disk.put('/d/b', bytes('mine'))
  t.strictSame([...fates(disk, (after) => text(after, '/d/b'))], ['mine'])
  disk.put('/d/b', undefined)
  t.strictSame([...fates(disk, (after) => text(after, '/d/b'))], [undefined])
})
