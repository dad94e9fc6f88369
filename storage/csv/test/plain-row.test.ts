import fc from 'fast-check'
import t from 'tap'
import { runs } from '../../test/seed.ts'
import { PlainRow } from '../plain-row.ts'
import { parseRow } from '../row.ts'

const columns = 3

t.test('a row that it takes is the row that parseRow reads, from its start and from its end', (t) => {
  const piece = fc.constantFrom(
    '7',
    '12',
    '007',
    '1e3',
    '-1',
    '9'.repeat(16),
    '',
    ' ',
    ',',
    ',',
    '"',
    '\0',
    'é',
    'Tux',
    '\r',
  )
  const good = fc
    .tuple(fc.nat(1e9), fc.constantFrom('', 'Tux', 'é'), fc.constantFrom('', 'x y'))
    .map((row) => row.join())
  const line = fc.oneof(
    good,
    fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join('')),
  )
  let taken = 0
  const property = fc.property(line, line, line, (before, text, behind) => {
    const bytes = Buffer.from(`${before}\n${text}\n${behind}`)
    const at = Buffer.byteLength(before) + 1
    const next = at + Buffer.byteLength(text) + 1
    const plain = new PlainRow(columns)
    for (const isPlain of [() => plain.read(bytes, at), () => plain.readBack(bytes, next)]) {
      const is = isPlain()
      t.equal(plain.next, next)
      t.equal(plain.start(0), at)
      if (!is) continue
      taken += 1
      const fields = [0, 1, 2].map((column) => bytes.toString('utf8', plain.start(column), plain.end(column)))
      t.strictSame(fields, parseRow(text), JSON.stringify(text))
      t.equal(plain.number, Number(fields[0]), JSON.stringify(text))
      t.ok(Number.isSafeInteger(plain.number))
    }
  })
  t.doesNotThrow(() => fc.assert(property, runs(2000)))
  t.ok(taken > 500, `${taken} were taken`)
  t.end()
})

t.test('what is damaged or unusual is not taken', (t) => {
  const plain = new PlainRow(columns)
  for (const text of ['1,2', '1,2,3,4', ',2,3', '1,"2",3', '1,2\0,3', '1.5,2,3', ' 1,2,3', `${'9'.repeat(16)},2,3`]) {
    const bytes = Buffer.from(`${text}\n`)
    t.notOk(plain.read(bytes, 0), text)
    t.notOk(plain.readBack(bytes, bytes.length), text)
  }
  t.notOk(plain.read(Buffer.from('1,2,3'), 0), 'a line without its end')
  t.equal(plain.next, 0)
  t.ok(plain.read(Buffer.from('1,2,3\n'), 0))
  t.end()
})
