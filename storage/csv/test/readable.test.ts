import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { columns } from '../../../catalog/store.ts'
import { columns as customers } from '../../../payment/store.ts'
import { LedgerState } from '../../ledger-state.ts'
import { runs } from '../../test/seed.ts'
import { formatAccounts, parseAccounts } from '../readable.ts'
import { bytesOf, openLedger } from './harness.ts'

const readable = 'toys_db.csv'
const bad: Record<string, [text: string | Buffer, message: RegExp]> = {
  'a name that comes twice': ['name,price,quantity\nTux,1,1\nFox,1,1\nTux,1,1\n', /:4: "Tux" stands in line 2 already/],
  'a negative quantity': ['name,price,quantity\nTux,1,-1\n', /:2: quantity is "-1"; it must be a whole number/],
  'half a piece': ['name,price,quantity\nTux,1,1\nFox,1,1.5\n', /:3: quantity is "1\.5"/],
  'no quantity': ['name,price,quantity\nTux,1,\n', /:2: quantity is ""/],
  'more pieces than a safe integer': [
    'name,price,quantity\nTux,1,9007199254740992\n',
    /:2: quantity is "9007199254740992"/,
  ],
  'a price that is none': [
    'name,price,quantity\nTux,cheap,1\n',
    /:2: the price .*"cheap" is no amount; write it like 15\.99/,
  ],
  'a missing column': [
    'name,quantity\nTux,1\n',
    /:1: the column "price" is missing; the header is name,price,quantity/,
  ],
  'an unknown column': ['name,price,quantity,colour\nTux,1,1,red\n', /:1: the column "colour" is unknown/],
  'a column that comes twice': ['name,price,quantity,stock\nTux,1,1,1\n', /:1: the column "quantity" is there twice/],
  'a row with a field too few': ['name,price,quantity\nTux,1\n', /:2: the row has 2 fields where the header has 3/],
  'an unclosed quote': [
    'name,price,quantity\nFox,1,1\n"Tux,1,1\nOwl,1,1\n',
    /:3: a quote is opened and never closed; close it/,
  ],
  'a quote in the middle': ['name,price,quantity\nT"ux,1,1\n', /:2: this is no CSV/],
  'an empty file': ['', /:1: the file is empty; give it the header name,price,quantity/],
  'a name that a spreadsheet would run': ['name,price,quantity\n=1+1,1,1\n', /:2: the name must not begin with =/],
  'a name of two lines': ['name,price,quantity\n"T\nux",1,1\n', /:3: the name must not hold control characters/],
  'a row without a name': ['name,price,quantity\n,1,1\n', /:2: the name must not be empty/],
  'a decimal comma between commas': [
    'name,price,quantity\nTux,"15,99",1\n',
    /:2: the price "15,99" is no amount; write it like 15\.99/,
  ],
  'thousands between semicolons': ['name;price;quantity\nTux;1.234,56;1\n', /:2: the price "1\.234,56" is no amount/],
  'a decimal comma in a quantity': [
    'name;price;quantity\nTux;1,50;1,5\n',
    /:2: quantity is "1,5"; it must be a whole number/,
  ],
  'a large quantity as a spreadsheet shows it': ['name,price,quantity\nTux,1,1E+05\n', /:2: quantity is "1E\+05"/],
  'a separator that changes further down': [
    'name;price;quantity\nTux;1;1\nFox,1,1\n',
    /:3: the row has 1 fields where the header has 3/,
  ],
  'a value in a column without a name': [
    'name,price,quantity,\nTux,1,1,\nFox,1,1,red\n',
    /:3: "red" stands in a column without a name; take it out/,
  ],
  'an unknown column between semicolons': [
    'name;price;quantity;colour\nTux;1;1;red\n',
    /:1: the column "colour" is unknown; take it out/,
  ],
  'a field too many': ['name,price,quantity\nTux,1,1,1\n', /:2: the row has 4 fields where the header has 3/],
  'UTF-16, which some spreadsheets call Unicode': [
    Buffer.from('\uFEFFname\tprice\tquantity\r\nTux\t1\t1\r\n', 'utf16le'),
    /:1: this is not UTF-8; save the file as "CSV UTF-8"/,
  ],
  'bytes that are no UTF-8': [
    Buffer.from('name,price,quantity\nTux,1,1\nB\xe4r,1,1\n', 'latin1'),
    /:3: this is not UTF-8/,
  ],
}

for (const [what, [text, message]] of Object.entries(bad)) {
  const whole = new RegExp(`${readable.replace('.', '\\.')}${message.source}`)
  t.test(`${what} stops a first start with its line, and the file is as it was`, async (t) => {
    const folder = t.testdir({ [readable]: text })
    const before = bytesOf(folder)
    await t.rejects(openLedger(t, folder), { name: 'StartError', message: whole })
    t.strictSame(bytesOf(folder), before)
  })
}

for (const what of ['a name that comes twice', 'half a piece', 'an unclosed quote', 'bytes that are no UTF-8'])
  t.test(`${what}, written by hand after a clean stop, stops the start, and every file is as it was`, async (t) => {
    const first = await openLedger(t, t.testdir())
    await first.ledger.close()
    const [text, message] = bad[what]!
    const folder = t.testdirName
    writeFileSync(`${folder}/${readable}`, text)
    const before = bytesOf(folder)
    await t.rejects(openLedger(t, folder), { name: 'StartError', message })
    t.strictSame(bytesOf(folder), before)
  })

t.test('the header may say stock, in any order, with a BOM, CRLF, spaces and blank lines', (t) => {
  const text = '\uFEFF"stock", name,price\r\n\r\n 3 ,"Fox, red", 9\r\n0,__proto__,1.5\r\n'
  t.strictSame(
    [...parseAccounts(columns, Buffer.from(text), 'x.csv')],
    [
      ['Fox, red', { attributes: ['9.00'], balance: 3 }],
      ['__proto__', { attributes: ['1.50'], balance: 0 }],
    ],
  )
  t.end()
})

t.test('what is written is read back, in its order', async (t) => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => {
    try {
      columns.checkName(text)
      return true
    } catch {
      return false
    }
  })
  const price = fc.nat(1e9).map((cents) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`)
  const account = fc.record({ balance: fc.maxSafeNat(), attributes: fc.tuple(price) })
  const property = fc.property(fc.uniqueArray(fc.tuple(name, account), { selector: ([each]) => each }), (accounts) => {
    const state = new LedgerState()
    for (const [each, row] of accounts) state.apply({ fact: 'account', account: each, ...row })
    const read = [...parseAccounts(columns, formatAccounts(columns, state), 'x.csv', { most: Number.MAX_SAFE_INTEGER })]
    return (
      JSON.stringify(read) ===
      JSON.stringify(accounts.map(([each, { balance, attributes }]) => [each, { attributes, balance }]))
    )
  })
  t.doesNotThrow(() => fc.assert(property, runs(200)))
  t.end()
})

const taken: Record<string, string> = {
  'semicolons and decimal commas': 'name;price;quantity\nFox, red;15,9;3\nTux;2;1\n',
  'semicolons and decimal points': 'name;price;quantity\r\n"Fox, red";15.90;3\r\nTux;2.00;1\r\n',
  'semicolons, quotes and a BOM': '\uFEFF"name";"price";"quantity"\r\n"Fox, red";"15,90";"3"\r\n"Tux";"2,00";"1"\r\n',
  'semicolons and columns in another order': 'stock;name;price\n3;Fox, red;15,90\n1;Tux;2\n',
  'tabs and decimal commas': 'name\tprice\tquantity\nFox, red\t15,90\t3\nTux\t2\t1\n',
  'quoted numbers': '"name","price","quantity"\n"Fox, red","15.90","3"\n"Tux","2","1"\n',
  'line ends of three kinds': 'name,price,quantity\r\n"Fox, red",15.90,3\nTux,2,1\r',
  'line ends of old': 'name,price,quantity\r"Fox, red",15.90,3\rTux,2,1\r',
  'no line end at the end': 'name,price,quantity\n"Fox, red",15.90,3\nTux,2,1',
  'emptied rows': ',,\nname,price,quantity\n,,\n"Fox, red",15.90,3\n , ,\nTux,2,1\n,,\n\n',
  'emptied columns': ',name,price,,quantity,,\n,"Fox, red",15.90,,3,,\n,Tux,2,,1,,\n',
  'rows with empty fields at their ends': 'name,price,quantity\n"Fox, red",15.90,3,,\nTux,2,1,\n',
}
for (const [what, text] of Object.entries(taken))
  t.test(`a file with ${what} is taken as it was meant`, (t) => {
    t.strictSame(
      [...parseAccounts(columns, Buffer.from(text), 'x.csv')],
      [
        ['Fox, red', { attributes: ['15.90'], balance: 3 }],
        ['Tux', { attributes: ['2.00'], balance: 1 }],
      ],
    )
    t.end()
  })

t.test('a name keeps its commas, semicolons and digits, whatever separates', (t) => {
  const names = (text: string) => [...parseAccounts(columns, Buffer.from(text), 'x.csv').keys()]
  t.strictSame(names('name;price;quantity\n1,5;2,50;1\n"a;b";1;1\n'), ['1,5', 'a;b'])
  t.strictSame(names('name,price,quantity\na;b;c,1,1\n'), ['a;b;c'])
  t.end()
})

t.test("customers' credit is read with a decimal point or, between semicolons and tabs, a decimal comma", (t) => {
  const credits = (text: string) =>
    [...parseAccounts(customers, Buffer.from(text), 'x.csv')].map(([name, { balance, attributes }]) => {
      t.strictSame(attributes, [])
      return [name, balance]
    })
  const wanted = [
    ['1,5', 1250],
    ['bob', 700],
  ]
  for (const text of [
    'user_id,credit\n"1,5",12.50\nbob,7.00\n',
    'user_id,credit\n"1,5",12.5\nbob,7\n',
    'user_id;credit\n1,5;12,5\nbob;7\n',
    '\uFEFF"user_id";"credit"\r\n"1,5";"12,50"\r\n"bob";"7,00"\r\n',
    'user_id;credit\n1,5;12.5\nbob;7.0\n',
    'credit\tuser_id\n12,5\t1,5\n7\tbob\n',
    ',user_id,,credit,,\n,"1,5",,12.50,,\n,bob,,7,,\n',
  ])
    t.strictSame(credits(text), wanted, JSON.stringify(text))
  t.end()
})

const badCredits: Record<string, [row: string, message: string]> = {
  'three decimals': [
    'bob,7.505',
    '3: credit is "7.505"; it must be an amount such as 15.99, from 0.00 to 10000000000.00',
  ],
  'a debt': ['bob,-7', '3: credit is "-7"; it must be an amount such as 15.99, from 0.00 to 10000000000.00'],
  'a decimal comma between commas': ['bob,"7,50"', '3: credit is "7,50"; it must be an amount such as 15.99'],
  'no credit': ['bob,', '3: credit is ""; it must be an amount such as 15.99'],
  'more than anybody may have': ['bob,10000000000.01', '3: credit is "10000000000.01"; it must be'],
  'more than a number can be': ['bob,99999999999999999', '3: credit is "99999999999999999"; it must be'],
  'an amount as a spreadsheet shows it': ['bob,7E+05', '3: credit is "7E+05"; it must be'],
  'no name': [',7', '3: the user_id must not be empty'],
  'a name that a spreadsheet would run': ['@bob,7', '3: the user_id must not begin with =, +, - or @'],
  'a customer who comes twice': ['ann,7', '3: "ann" stands in line 2 already; keep one of the two'],
  'one field alone': ['"7.00"', '3: the row has 1 fields where the header has 2; give it 2'],
  'a column too many': ['bob,7.00,gold', '3: the row has 3 fields where the header has 2; give it 2'],
}
for (const [what, [row, message]] of Object.entries(badCredits))
  t.test(`of customers, ${what} is refused with its line`, (t) => {
    const read = () => parseAccounts(customers, Buffer.from(`user_id,credit\nann,1.00\n${row}\n`), 'x.csv')
    t.throws(read, { name: 'StartError', message: `x.csv:${message}` })
    t.end()
  })

t.test('of customers, a header of another kind is refused', (t) => {
  const read = (header: string) => () => parseAccounts(customers, Buffer.from(`${header}\n`), 'x.csv')
  t.throws(read('user_id'), { message: 'x.csv:1: the column "credit" is missing; the header is user_id,credit' })
  t.throws(read('name,credit'), { message: 'x.csv:1: the column "user_id" is missing' })
  t.throws(read('user_id,credit,stock'), { message: 'x.csv:1: the column "stock" is unknown' })
  t.end()
})

t.test("customers' credit is read back as it is written, to the cent", (t) => {
  const customer = fc.tuple(fc.stringMatching(/^[a-z][a-z ,";é]{0,8}[a-z]$/), fc.nat({ max: 1e15 }))
  const property = fc.property(fc.uniqueArray(customer, { selector: ([name]) => name }), (all) => {
    const state = new LedgerState()
    for (const [account, balance] of all) state.apply({ fact: 'account', account, balance, attributes: [] })
    const written = formatAccounts(customers, state)
    for (const bytes of [written, Buffer.concat([Buffer.from('\uFEFF'), written])]) {
      const read = [...parseAccounts(customers, bytes, 'x.csv', { most: Number.MAX_SAFE_INTEGER })]
      t.strictSame(
        read.map(([name, { balance }]) => [name, balance]),
        all,
      )
    }
  })
  t.doesNotThrow(() => fc.assert(property, runs(100)))
  t.end()
})
