import fc from 'fast-check'
import t from 'tap'
import { columns } from '../../../catalog/store.ts'
import { columns as customers } from '../../../payment/store.ts'
import { runs } from '../../test/seed.ts'
import { type AccountColumns, parseAccounts } from '../readable.ts'
import { formatRow } from '../row.ts'
import { parseUsual } from '../usual-accounts.ts'

const header = 'name,price,quantity\n'
const most = Number.MAX_SAFE_INTEGER
const read = (text: string, of = columns) => parseUsual(of, Buffer.from(text), most)

/** What the CSV parser says of the same: a BOM keeps the other one from reading it. */
function parsed(text: string, of: AccountColumns = columns): Map<string, unknown> | undefined {
  try {
    return parseAccounts(of, Buffer.from(`\uFEFF${text}`), 'x.csv', { most })
  } catch {
    return undefined
  }
}

t.test('a file as the store writes it is read without the CSV parser, names with commas and quotes too', (t) => {
  const rows = [
    ['Tux', '25.99', '3'],
    ['Fox, the red', '1.00', '0'],
    ['"Owl"', '25.99', '999999999999999'],
    ['Mäuse 🐭', '0.05', '7'],
  ]
  const text = header + rows.map((row) => `${formatRow(row)}\n`).join('')
  t.strictSame(
    [...read(text)!],
    rows.map(([name, price, balance]) => [name, { attributes: [price], balance: Number(balance) }]),
  )
  t.strictSame([...read(text)!], [...parsed(text)!])
  t.end()
})

for (const [what, text] of Object.entries({
  'another header': 'name,quantity,price\nTux,1,1.00\n',
  'no line end at the end': `${header}Tux,1.00,1`,
  CRLF: `${header}Tux,1.00,1\r\n`,
  'a name that comes twice': `${header}Tux,1.00,1\nTux,1.00,2\n`,
  'a name with a space before it': `${header} Tux,1.00,1\n`,
  'an empty line': `${header}Tux,1.00,1\n\nFox,1.00,1\n`,
  'an emptied row': `${header}Tux,1.00,1\n,,\n`,
  'a field too many': `${header}Tux,1.00,1,1\n`,
  'a field too few': `${header}Tux,1\n`,
  'a quote that is not closed': `${header}"Tux,1.00,1\nFox,1.00,1\n`,
  'a line break within quotes': `${header}"Tux\nFox",1.00,1\n`,
  'a quote in the middle': `${header}T"ux,1.00,1\n`,
  'a price that is none': `${header}Tux,cheap,1\n`,
  'half a piece': `${header}Tux,1.00,1.5\n`,
  'no quantity': `${header}Tux,1.00,\n`,
  'a balance that is no safe integer': `${header}Tux,1.00,9007199254740992\n`,
  'a name that a spreadsheet would run': `${header}=1+1,1.00,1\n`,
}))
  t.test(`${what} is left to the CSV parser`, (t) => {
    t.equal(read(text), undefined)
    t.end()
  })

const creditHeader = 'user_id,credit\n'

t.test('a file of customers, with cents and no attributes, is read without the CSV parser too', (t) => {
  const rows = [
    ['ann', '12.50', 1250],
    ['Fox, the red', '0.00', 0],
    ['"Owl"', '0.05', 5],
    ['12.50', '9999999999999.99', 999_999_999_999_999],
  ] as const
  const text = creditHeader + rows.map(([name, credit]) => `${formatRow([name, credit])}\n`).join('')
  t.strictSame(
    [...read(text, customers)!],
    rows.map(([name, , balance]) => [name, { attributes: [], balance }]),
  )
  t.strictSame([...read(text, customers)!], [...parsed(text, customers)!])
  t.end()
})

for (const [what, row] of Object.entries({
  'an amount with one decimal': 'ann,12.5',
  'an amount without decimals': 'ann,12',
  'an amount with three decimals': 'ann,12.500',
  'an amount with a decimal comma': 'ann,12,50',
  'a negative amount': 'ann,-1.00',
  'no digit before the point': 'ann,.50',
  'no credit': 'ann,',
  'a customer without a column for the credit': 'ann',
  'a quoted amount alone': '"12.50"',
  'a quoted name alone': '"ann"',
  'a column between name and credit': 'ann,gold,12.50',
  'a quoted name with a column too many': '"ann",gold,12.50',
  'a name that a spreadsheet would run': '=1+1,1.00',
}))
  t.test(`of customers, ${what} is left to the CSV parser`, (t) => {
    t.equal(read(`${creditHeader}${row}\n`, customers), undefined)
    t.end()
  })

t.test('bytes that are no UTF-8 are left to the CSV parser', (t) => {
  t.equal(parseUsual(columns, Buffer.from(`${header}B\xe4r,1.00,1\n`, 'latin1'), most), undefined)
  t.end()
})

t.test('a line break of another kind is left to the CSV parser, whatever a column may hold', (t) => {
  const any = {
    ...columns,
    attributes: ['note'],
    readAttributes: ({ note }: Readonly<Record<string, string>>) => [note!],
  }
  const text = 'name,note,quantity\nTux,red\rblue,1\n'
  t.equal(parseUsual(any, Buffer.from(text), most), undefined)
  t.equal(parseUsual(any, Buffer.from(text.replace('\r', ' ')), most)?.size, 1)
  t.end()
})

t.test('of any text of customers it reads what the CSV parser reads, or nothing', (t) => {
  const piece = fc.constantFrom('ann', ',', '"', '"7.00"\n', '\n', '1.00', '7', ' ', ';', '-', 'é', 'bob,1.5\n')
  const good = fc.tuple(fc.nat(40), fc.constantFrom('', ', red', ' "the" owl'), fc.nat(1e6), fc.nat(99))
  const row = good.map(
    ([n, end, credits, cents]) => `${formatRow([`user ${n}${end}`, `${credits}.${String(cents).padStart(2, '0')}`])}\n`,
  )
  const rows = fc.oneof({ arbitrary: row, weight: 40 }, { arbitrary: piece, weight: 1 })
  let taken = 0
  const property = fc.property(fc.array(rows, { maxLength: 12 }), (pieces) => {
    const text = creditHeader + pieces.join('')
    const found = read(text, customers)
    if (found === undefined) return
    if (found.size > 0) taken += 1
    t.strictSame([...found], [...(parsed(text, customers) ?? [])], JSON.stringify(text))
  })
  t.doesNotThrow(() => fc.assert(property, runs(1000)))
  t.ok(taken > 100, `${taken} files with rows were read`)
  t.end()
})

t.test('of any text it reads what the CSV parser reads, or nothing', (t) => {
  const piece = fc.constantFrom('Tux', ',', ',', '"', '\n', '1.00', '7', ' ', ';', '\t', '-', 'é')
  const good = fc.tuple(fc.nat(40), fc.constantFrom('', ' of blue', ', red', ' "the" owl'), fc.nat(9), fc.nat(1e6))
  const row = good.map(([n, end, price, balance]) => `${formatRow([`Toy ${n}${end}`, `${price}.5`, `${balance}`])}\n`)
  const rows = fc.oneof({ arbitrary: row, weight: 40 }, { arbitrary: piece, weight: 1 })
  let taken = 0
  const property = fc.property(fc.array(rows, { maxLength: 12 }), (pieces) => {
    const text = header + pieces.join('')
    const found = read(text)
    if (found === undefined) return
    if (found.size > 0) taken += 1
    t.strictSame([...found], [...(parsed(text) ?? [])], JSON.stringify(text))
  })
  t.doesNotThrow(() => fc.assert(property, runs(1000)))
  t.ok(taken > 100, `${taken} files with rows were read`)
  t.end()
})
