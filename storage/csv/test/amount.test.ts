import fc from 'fast-check'
import t from 'tap'
import { runs } from '../../test/seed.ts'
import { formatAmount, parseAmount } from '../amount.ts'

t.test('cents are written with both decimals, below one credit and below zero too', (t) => {
  const rows: [cents: number, text: string][] = [
    [0, '0.00'],
    [5, '0.05'],
    [50, '0.50'],
    [1250, '12.50'],
    [-5, '-0.05'],
    [-1250, '-12.50'],
    [1_000_000_000_000, '10000000000.00'],
    [Number.MAX_SAFE_INTEGER, '90071992547409.91'],
  ]
  for (const [cents, text] of rows) {
    t.equal(formatAmount(cents, 2), text)
    t.equal(parseAmount(text, 2), cents)
  }
  t.end()
})

t.test('a person may leave decimals out', (t) => {
  t.strictSame(
    ['12', '12.5', '012.50', '-3', '-0.5'].map((text) => parseAmount(text, 2)),
    [1200, 1250, 1250, -300, -50],
  )
  t.end()
})

t.test('what is no amount is not a number, and never a wrong one', (t) => {
  for (const text of ['', '-', '.5', '12.', '12.505', '1,50', '1e3', '+1', ' 1', '1 ', '0x1', '--1', '123456789012345'])
    t.ok(Number.isNaN(parseAmount(text, 2)), `"${text}" in cents`)
  for (const text of ['', '-', '1.0', '1,5', '1e3', '+1', ' 1', '12345678901234567'])
    t.ok(Number.isNaN(parseAmount(text, undefined)), `"${text}" whole`)
  t.end()
})

t.test('every amount is read as it was written, whole ones and cents', (t) => {
  const property = fc.property(fc.maxSafeInteger(), fc.constantFrom(2, undefined), (amount, decimals) => {
    const text = formatAmount(amount, decimals)
    return parseAmount(text, decimals) === amount && /^-?\d+(\.\d\d)?$/.test(text) && text.includes('.') === !!decimals
  })
  t.doesNotThrow(() => fc.assert(property, runs(2000)))
  t.end()
})
