import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { MemoryDisk } from '../../test/memory-disk.ts'
import { AppendFile, batchBytesMax } from '../append-file.ts'
import { answered, told } from './harness.ts'

async function start(t: Test) {
  const { files, giveUp, givenUp } = told(t)
  const folder = t.testdir({ 'a.csv': 'first\n' })
  const path = `${folder}/a.csv`
  const file = await AppendFile.open(files, path, giveUp)
  files.calls.length = 0
  const calls = () => files.calls.map(({ kind }) => kind).join(' ')
  return { files, giveUp, givenUp, folder, path, file, calls, text: () => readFileSync(path, 'utf8') }
}

const line = Buffer.from('second\n')

t.test('an append is written behind what is there, and synced', async (t) => {
  const { file, calls, text } = await start(t)
  await file.append(line)
  t.equal(text(), 'first\nsecond\n')
  t.equal(file.length, 13)
  t.equal(calls(), 'write sync')
})

for (const [what, written] of [
  ['a failed write', 0],
  ['a short write', 0.5],
] as const)
  t.test(`${what} is cut back and the cut is synced before anyone is told no`, async (t) => {
    const { files, file, calls, text, givenUp } = await start(t)
    files.fail({ kind: 'write' }, { code: 'ENOSPC', written })
    await t.rejects(file.append(line), { code: 'unavailable', message: /disk is full; nothing was changed/ })
    t.equal(calls(), 'write truncate sync')
    t.equal(text(), 'first\n')
    t.equal(file.length, 6)
    t.strictSame(givenUp, [])
    await file.append(line)
    t.equal(text(), 'first\nsecond\n', 'the next one works')
  })

t.test('nobody is told no while the sync of the cut runs', async (t) => {
  const { files, file } = await start(t)
  files.fail({ kind: 'write' }, { written: 0.5 })
  const held = files.hold({ kind: 'sync' })
  const append = file.append(line)
  append.catch(() => {})
  await held.reached
  t.notOk(await answered(append))
  held.release()
  await t.rejects(append, { code: 'unavailable' })
})

t.test('a failed sync is never tried again: the outcome is unknown and the file is given up', async (t) => {
  const { files, file, calls, givenUp } = await start(t)
  files.fail({ kind: 'sync' })
  await t.rejects(file.append(line), { code: 'outcome_unknown' })
  t.match(givenUp, [{ message: /a\.csv: a sync failed/, silent: false }])
  t.equal(calls(), 'write sync')
  await t.rejects(file.append(line), { code: 'outcome_unknown' })
  t.equal(calls(), 'write sync', 'nothing more was written')
  t.equal(file.length, 6, 'what is not synced does not count')
})

for (const kind of ['truncate', 'sync'] as const)
  t.test(`a cut whose ${kind} fails leaves no true answer: it is never given`, async (t) => {
    const { files, file, givenUp } = await start(t)
    files.fail({ kind: 'write' }, { code: 'ENOSPC', written: 0.5 })
    files.fail({ kind })
    t.notOk(await answered(file.append(line)))
    t.match(givenUp, [{ message: /could not be cut back/, silent: true }])
  })

t.test('readers see only what is synced', async (t) => {
  const { files, file } = await start(t)
  const held = files.hold({ kind: 'sync' })
  const append = file.append(line)
  await held.reached
  const buffer = Buffer.alloc(100)
  t.equal(await file.read(buffer, 0), 6)
  t.equal(await file.read(buffer, 6), 0)
  held.release()
  await append
  t.equal(await file.read(buffer, 0), 13)
})

t.test('an append larger than a torn tail may be is refused before it is written', async (t) => {
  const { file, calls } = await start(t)
  await t.rejects(file.append(Buffer.alloc(batchBytesMax + 1)), RangeError)
  t.equal(calls(), '')
  await file.append(Buffer.alloc(batchBytesMax))
})

t.test('a created file and its name are synced before it is used', async (t) => {
  const { files, folder, giveUp, calls } = await start(t)
  await AppendFile.create(files, folder, 'b.csv', line, giveUp)
  t.equal(calls(), 'open write sync syncFolder')
  t.equal(readFileSync(`${folder}/b.csv`, 'utf8'), 'second\n')
})

for (const kind of ['write', 'sync', 'syncFolder'] as const)
  t.test(`a file whose ${kind} fails at its creation does not come to be`, async (t) => {
    const { files, folder, giveUp, givenUp } = await start(t)
    files.fail({ kind }, { code: 'ENOSPC', written: 0.5 })
    await t.rejects(AppendFile.create(files, folder, 'b.csv', line, giveUp), { code: 'ENOSPC' })
    t.throws(() => readFileSync(`${folder}/b.csv`))
    t.equal(files.calls.at(-1)!.kind, 'syncFolder', 'a power cut does not bring it back')
    t.strictSame(givenUp, [])
  })

t.test('a creation that cannot be undone leaves no true answer', async (t) => {
  const { files, folder, giveUp, givenUp } = await start(t)
  files.fail({ kind: 'sync' })
  files.fail({ kind: 'remove' })
  t.notOk(await answered(AppendFile.create(files, folder, 'b.csv', line, giveUp)))
  t.match(givenUp, [{ message: /b\.csv: /, silent: true }])
})

t.test('a large file is created in pieces, each synced, so that only the last of them can be torn', async (t) => {
  const { files, folder, giveUp, calls } = await start(t)
  const bytes = Buffer.alloc(2.5 * batchBytesMax, 'x')
  const held = files.hold({ kind: 'sync' })
  const creating = AppendFile.create(files, folder, 'b.csv', bytes, giveUp)
  await held.reached
  t.equal(readFileSync(`${folder}/b.csv`).length, batchBytesMax)
  held.release()
  const file = await creating
  t.equal(calls(), 'open write sync write sync write sync syncFolder')
  t.equal(file.length, bytes.length)
  t.ok(readFileSync(`${folder}/b.csv`).equals(bytes))
})

t.test('what is in a file when it is opened counts as synced', async (t) => {
  const { files, folder, giveUp } = await start(t)
  writeFileSync(`${folder}/c.csv`, 'x\n')
  t.equal((await AppendFile.open(files, `${folder}/c.csv`, giveUp)).length, 2)
})

t.test('a file that came to be though its creation failed is taken away again', async (t) => {
  const giveUp = (error: Error): never => t.fail(error.message) as never
  for (const [kind, left] of [
    ['late-EIO', 'syncFolder'], // it is there
    ['EMFILE', 'remove'], // it never was, so there is nothing to sync
  ] as const) {
    const disk = new MemoryDisk()
    await disk.mount().makeFolder('/d')
    const files = disk.mount({ at: 1, kind })
    await t.rejects(AppendFile.create(files, '/d', 'b.csv', line, giveUp), { code: kind.replace('late-', '') })
    t.strictSame(disk.paths(), [])
    t.equal(files.calls.at(-1)!.kind, left)
  }
})
