import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ask } from '../../test/ask.ts'
import { dataDirOf } from '../../test/store.ts'
import { startService } from '../../test/world.ts'
import { startCatalog } from '../start.ts'

const head = 'name,price,quantity\n'

t.test('a toys_db.csv that is broken stops the start with its line, and is left byte for byte', async (t) => {
  const rows: [string, string][] = [
    [`${head}Tux,1.00,1\nFox,1.00,1\nTux,2.00,2\n`, '4: "Tux" stands in line 2 already; keep one of the two'],
    [`${head}Tux,1.00,1\nFox,1.00,-3\n`, '3: quantity is "-3"; it must be a whole number from 0 to 1000000000000'],
    [`${head}Fox,1.00,1.5\n`, '2: quantity is "1.5"; it must be a whole number from 0 to 1000000000000'],
    [
      `${head}Fox,1.00,9007199254740992\n`,
      '2: quantity is "9007199254740992"; it must be a whole number from 0 to 1000000000000',
    ],
    [`${head}Fox,1.00,\n`, '2: quantity is ""; it must be a whole number from 0 to 1000000000000'],
    [`${head}Fox,1.005,1\n`, '2: the price "1.005" is no amount; write it like 15.99, from 0.00 to 10000000.00'],
    [`${head}Fox,-1.00,1\n`, '2: the price "-1.00" is no amount; write it like 15.99, from 0.00 to 10000000.00'],
    [`${head}Fox,1e2,1\n`, '2: the price "1e2" is no amount; write it like 15.99, from 0.00 to 10000000.00'],
    ['name,quantity\nTux,1\n', '1: the column "price" is missing; the header is name,price,quantity'],
    ['name,price,quantity,stock\n', '1: the column "quantity" is there twice; keep one of the two'],
    ['name,price,quantity,size\n', '1: the column "size" is unknown; take it out, the header is name,price,quantity'],
    [`${head}Fox,1.00\n`, '2: the row has 2 fields where the header has 3; give it 3'],
    [`${head}Fox,1.00,1,2\n`, '2: the row has 4 fields where the header has 3; give it 3'],
    [`${head}Tux,1.00,1\n"Fox,1.00,1\n`, '3: a quote is opened and never closed; close it'],
    [`${head}=1+1,1.00,1\n`, '2: the name must not begin with =, +, - or @ (a spreadsheet would run it)'],
    [`${head}"Tux\nFox",1.00,1\n`, '3: the name must not hold control characters or line breaks'],
    [`${head},1.00,1\n`, '2: the name must not be empty'],
    ['', '1: the file is empty; give it the header name,price,quantity'],
  ]
  for (const [index, [file, said]] of rows.entries()) {
    const DATA_DIR = `${dataDirOf(t, { catalog: { 'toys_db.csv': file } })}`
    const path = `${DATA_DIR}/catalog/toys_db.csv`
    await t.rejects(
      startService(t, startCatalog, { DATA_DIR }),
      { name: 'StartError', message: `${path}:${said}` },
      said,
    )
    t.equal(await readFile(path, 'utf8'), file, `${index} is as it was`)
  }
})

t.test('what a spreadsheet writes is read: a BOM, CRLF, quotes, other columns order, stock for quantity', async (t) => {
  const file = '\ufeffstock,"name",price\r\n5,"Truck, ""big""",9\r\n\r\n0,Tux,9.5\r\n'
  const { url } = await startService(t, startCatalog, { DATA_DIR: dataDirOf(t, { catalog: { 'toys_db.csv': file } }) })
  t.strictSame((await ask(`${url}/products`)).body, {
    data: [
      { name: 'Truck, "big"', price: 9, quantity: 5, stock: 5 },
      { name: 'Tux', price: 9.5, quantity: 0, stock: 0 },
    ],
    next: null,
  })
})

t.test('a toys_db.csv with a header alone is an empty shop', async (t) => {
  const { url } = await startService(t, startCatalog, { DATA_DIR: dataDirOf(t, { catalog: { 'toys_db.csv': head } }) })
  t.strictSame((await ask(`${url}/products`)).body, { data: [], next: null })
})
