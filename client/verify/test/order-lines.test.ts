/** Rows read from their bytes are what they are as text: the same lines under a header that forbids the quick look. */
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { realFileSystem } from '../../../storage/file-system.ts'
import { readLines, wholeLines } from '../order-lines.ts'

const usual = 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at'
const forbidden = usual.replace('cart', 'basket')
const folder = t.testdir()

async function toldOf(header: string, text: string): Promise<unknown[]> {
  const path = `${folder}/orders.csv`
  writeFileSync(path, `${header}\n${text}`)
  const file = await realFileSystem.open(path, 'read')
  const told: unknown[] = []
  await readLines(file, await wholeLines(file), {
    take({ bytes, keyStart, keyEnd, placedAt, endsAt, ...line }) {
      told.push({
        ...line,
        key: Buffer.from(bytes.subarray(keyStart, keyEnd)).toString(),
        placedAt: placedAt(),
        endsAt: endsAt - header.length,
      })
    },
    wrong: (line, what) => told.push({ line, what }),
  })
  await file.close()
  return told
}

const fields = [
  ['1', '999999999999999', '9007199254740993', '', ' 1', '01', '1e3', '-1'],
  [
    '1 of 1',
    '1 of 2',
    '2 of 1',
    '2 of 2',
    '10 of 12',
    '1 of',
    '01 of 1',
    '1 of 02',
    '0 of 1',
    '1 or 2',
    '1  of 2',
    '"1 of 1"',
  ],
  ['Tux', 'Bär', '"Fox, red"', '', 'Tux\r', '"a""b"', '玩具'],
  ['1', '0', '', '1000000', '1.5', '-1', ' 1', '9007199254740993'],
  ['25.99', '25.9', '.99', '25.990', '1e3', '0.00', '99999999.99', ''],
  ['', 'x', 'ünal', '"a, b"', ' '],
  [''],
  ['key', '', 'ключ', '"k"', 'k\0'],
  ['a1-1', '', 'a1', 'a1-1 ', 'é'],
  ['2026-11-21T09:00:00.000Z', '', '21/11/2026 09:00', '2026-11-21T09:00:00.000Z\r', '2026-11-21T09:00:00,000Z'],
]
/** Mostly the usual field, sometimes an unusual one. */
const row = fc
  .tuple(...fields.map((some) => fc.oneof({ weight: 12, arbitrary: fc.constant(some[0]!) }, fc.constantFrom(...some))))
  .map((all) => all.join())
const line = fc.oneof(
  { weight: 20, arbitrary: row },
  fc.constantFrom('', 'rubbish', '"', ','.repeat(9), ','.repeat(10)),
)

t.test('the quick look and the text tell the same of any rows', async (t) => {
  const same = fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
    const text = lines.map((one) => `${one}\n`).join('')
    t.same(await toldOf(usual, text), await toldOf(forbidden, text))
  })
  await fc.assert(same, { numRuns: 300 })
})

t.test('rows across the end of a chunk, and one longer than a chunk, are read whole', async (t) => {
  const long = 'x'.repeat(3 << 20)
  const names = ['Tux', long, ...Array.from({ length: 30_000 }, (_, i) => `toy-${i % 700}`)]
  const text = names
    .map((name, i) => `${i + 1},1 of 1,${name},1,25.99,,,key-${i},a1-${i},2026-11-21T09:00:00.000Z\n`)
    .join('')
  const told = (await toldOf(usual, text)) as { number: number; name: string; line: number; key: string }[]
  t.equal(told.length, names.length)
  t.ok(
    told.every(
      ({ number, name, line, key }, i) => name === names[i] && number === i + 1 && line === i + 2 && key === `key-${i}`,
    ),
  )
})

t.test('what has no line end yet is left out', async (t) => {
  t.strictSame(await toldOf(usual, '1,1 of 1,Tux'), [])
})
