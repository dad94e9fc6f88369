import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { realFileSystem } from '../../file-system.ts'
import { runs } from '../../test/seed.ts'
import { AppendFile } from '../append-file.ts'
import { FoundKeys } from '../found-keys.ts'
import { KeyIndex } from '../key-index.ts'
import { formatRow } from '../row.ts'

const header = 'number,key,text\n'

/** What is found of some lines, read in pieces of so many bytes. */
async function findIn(folder: string, lines: readonly string[], newest: number, oldest: number, pieceBytes: number) {
  writeFileSync(`${folder}/log.csv`, header + lines.join(''))
  const source = await AppendFile.open(realFileSystem, `${folder}/log.csv`, () => {})
  const index = new KeyIndex(64)
  const first = header.length
  const keys = new FoundKeys({ source, first, columns: 3, keyAt: 1, index, stopped: () => false, pieceBytes })
  const doubts = await keys.find(newest, oldest)
  await source.close()
  return { doubts, index, keys }
}

t.test('keys are found whatever they hold: commas, quotes, letters of any script', async (t) => {
  const given = ['a', 'b,c', '"d"', 'é', '🐭', 'Tux']
  const lines = given.map((key, i) => `${formatRow([String(i + 1), key, 'x'])}\n`)
  for (const pieceBytes of [16, 1 << 18]) {
    const { index, doubts } = await findIn(t.testdir(), lines, given.length, 0, pieceBytes)
    t.equal(doubts, 0)
    for (const [i, key] of given.entries()) t.strictSame(index.find(key), [i + 1], key)
  }
})

t.test(
  'one row with another number, whichever and wherever: its key is doubtful, every other is found or doubtful',
  async (t) => {
    const folder = t.testdir()
    const count = 9
    for (let spoilt = 2; spoilt < count; spoilt++)
      for (let number = 1; number <= count + 3; number++) {
        if (number === spoilt) continue
        const lines = Array.from({ length: count }, (_, i) => `${i + 1 === spoilt ? number : i + 1},key-${i + 1},x\n`)
        const { index, keys, doubts } = await findIn(folder, lines, count, 0, 32)
        const what = `row ${spoilt} says ${number}`
        t.ok(doubts > 0, what)
        t.ok(keys.isDoubtful(`key-${spoilt}`), what)
        for (let i = 1; i <= count; i++)
          t.ok(i === spoilt || keys.isDoubtful(`key-${i}`) || index.find(`key-${i}`).includes(i), `${what}: key-${i}`)
      }
  },
)

t.test('a row that came in between by other hands: its key is doubtful, and all others are found', async (t) => {
  const folder = t.testdir()
  const rows = Array.from({ length: 9 }, (_, i) => `${i + 1},key-${i + 1},x\n`)
  for (let behind = 2; behind < 9; behind++)
    for (let number = 1; number < behind; number++) {
      const lines = rows.toSpliced(behind, 0, `${number},extra,x\n`)
      const { index, keys } = await findIn(folder, lines, 9, 0, 32)
      const what = `a row ${number} behind row ${behind}`
      t.ok(keys.isDoubtful('extra'), what)
      for (let i = 1; i <= 9; i++) t.strictSame(index.find(`key-${i}`), [i], what)
    }
})

t.test('in small pieces the same is found as in one, of sound rows and of spoiled ones', async (t) => {
  const folder = t.testdir()
  const fault = fc.constantFrom(
    'none',
    'none',
    'none',
    'none',
    'rubbish',
    'number',
    'missing',
    'twice',
    'quoted',
    'long',
  )
  const property = fc.asyncProperty(
    fc.array(fc.tuple(fault, fc.nat(30)), { minLength: 1, maxLength: 40 }),
    fc.integer({ min: 8, max: 200 }),
    fc.nat(5),
    async (faults, pieceBytes, oldest) => {
      const lines = faults.map(([what, other], i) => {
        const row = `${i + 1},key-${i + 1},x\n`
        if (what === 'rubbish') return `key-${i + 1}\n`
        if (what === 'number') return `${other},key-${i + 1},x\n`
        if (what === 'missing') return ''
        if (what === 'twice') return row + row
        if (what === 'quoted') return `${i + 1},"key-${i + 1}",x\n`
        if (what === 'long') return `${i + 1},key-${i + 1},${'x'.repeat(400)}\n`
        return row
      })
      const [few, one] = [
        await findIn(folder, lines, faults.length, oldest, pieceBytes),
        await findIn(folder, lines, faults.length, oldest, 1 << 18),
      ]
      t.equal(few.doubts, one.doubts)
      for (let i = 1; i <= faults.length; i++) {
        t.strictSame(few.index.find(`key-${i}`), one.index.find(`key-${i}`))
        t.equal(few.keys.isDoubtful(`key-${i}`), one.keys.isDoubtful(`key-${i}`))
        const isSound = faults.every(([what]) => ['none', 'quoted', 'long'].includes(what))
        if (isSound) t.strictSame(few.index.find(`key-${i}`), i > oldest ? [i] : [])
      }
    },
  )
  await t.resolves(fc.assert(property, runs(150)))
})

t.test('nothing more is read when it is told to stop', async (t) => {
  const folder = t.testdir()
  writeFileSync(
    `${folder}/log.csv`,
    header + Array.from({ length: 1000 }, (_, i) => `${i + 1},key-${i + 1},x\n`).join(''),
  )
  const file = await AppendFile.open(realFileSystem, `${folder}/log.csv`, () => {})
  let reads = 0
  const source = {
    path: file.path,
    length: file.length,
    read(buffer: Uint8Array, position: number) {
      reads += 1
      return file.read(buffer, position)
    },
  }
  const index = new KeyIndex(1024)
  const options = { source, first: header.length, columns: 3, keyAt: 1, index, pieceBytes: 64 }
  await new FoundKeys({ ...options, stopped: () => reads >= 5 }).find(1000, 0)
  t.ok(reads <= 6, `${reads} reads`)
  t.strictSame(index.find('key-1000'), [1000])
  t.strictSame(index.find('key-1'), [])
  await file.close()
})
