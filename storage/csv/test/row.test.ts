import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import t from 'tap'
import { runs } from '../../test/seed.ts'
import { formatRow, parseRow, sealRow, unsealRow } from '../row.ts'

const printable = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\r\n\0]/.test(text))
const awkward = fc.string({ unit: fc.constantFrom('"', ',', ' ', 'x', 'ü', '😀'), maxLength: 6 })
const fields = fc.array(fc.oneof(printable, awkward), { minLength: 1, maxLength: 6 })

t.test('rows are read by csv-parse as they were written, and what csv-stringify writes is read here', (t) => {
  const property = fc.property(fields, (row) => {
    t.strictSame(parse(`${formatRow(row)}\n`, { bom: false }), [row])
    t.strictSame(parseRow(formatRow(row)), row)
    t.strictSame(parseRow(stringify([row]).slice(0, -1)), row)
  })
  fc.assert(property, runs(150))
  t.end()
})

t.test('rows are the bytes that csv-stringify writes, but for an only, empty field', (t) => {
  const property = fc.property(fields, (row) => `${formatRow(row)}\n` === stringify([row]) || row.join('') === '')
  t.doesNotThrow(() => fc.assert(property, runs(500)))
  t.equal(formatRow(['']), '""')
  t.strictSame(parseRow('""'), [''])
  t.strictSame(parseRow(',')!, ['', ''])
  t.end()
})

t.test('what csv-parse refuses is no row here either', (t) => {
  const line = fc.string({ unit: fc.constantFrom('"', ',', 'x'), minLength: 1, maxLength: 12 })
  const property = fc.property(line, (text) => {
    let wanted: string[] | undefined
    try {
      wanted = parse(text)[0] as string[]
    } catch {
      wanted = undefined
    }
    return JSON.stringify(parseRow(text)) === JSON.stringify(wanted)
  })
  t.doesNotThrow(() => fc.assert(property, runs(2000)))
  t.equal(parseRow('a,\0,b'), undefined)
  t.end()
})

t.test('a sealed row comes back', (t) => {
  const property = fc.property(fields, (row) => JSON.stringify(unsealRow(sealRow(row))) === JSON.stringify(row))
  t.doesNotThrow(() => fc.assert(property, runs(500)))
  t.end()
})

t.test('a changed, missing or added byte of a sealed row is noticed', (t) => {
  const property = fc.property(fields, fc.nat(), fc.integer({ min: 1, max: 255 }), (row, where, by) => {
    const bytes = Buffer.from(sealRow(row))
    const at = where % bytes.length
    const changed = Buffer.from(bytes)
    changed[at]! ^= by
    const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
    const longer = Buffer.concat([bytes.subarray(0, at), Buffer.from([by]), bytes.subarray(at)])
    return [changed, shorter, longer, bytes.subarray(0, at)].every(
      (torn) => torn.equals(bytes) || unsealRow(torn.toString('utf8')) === undefined,
    )
  })
  t.doesNotThrow(() => fc.assert(property, runs(2000)))
  t.equal(unsealRow(''), undefined)
  t.equal(unsealRow('no comma'), undefined)
  t.end()
})

t.test('a field that no reader would find again is refused, since rows are lines', (t) => {
  for (const field of ['a\nb', 'a\rb', 'a\0b', '"\n"'])
    t.throws(() => formatRow(['x', field]), { name: 'RangeError', message: /line break or a NUL/ })
  t.end()
})
