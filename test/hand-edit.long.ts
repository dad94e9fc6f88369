/**
 * A shop owner with a spreadsheet: the store is stopped, toys_db.csv is edited, the store is started again. Every edit is
 * taken as it was meant or refused with its line; seen over HTTP, in the file, in the movements and by `verify`.
 */
import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { verifyFiles } from '../client/verify/files.ts'
import { ask, booksOf, eventually } from './ask.ts'
import { buy, copyOf, dataDirOf, NotOpened, startStore } from './store.ts'

const first = 'name,price,quantity\nTux,25.99,10\nWhale,19.99,10\nFox,9.50,10\n'

interface Toy {
  name: string
  price: number
  quantity: number
}
interface Movement {
  account: string
  change: number
  reason: string
}

const toysOf = async (url: string): Promise<[string, number, number][]> =>
  ((await ask(`${url}/products`)).body as { data: Toy[] }).data.map(({ name, price, quantity }) => [
    name,
    price,
    quantity,
  ])
const editsOf = async (url: string): Promise<[string, number][]> =>
  ((await ask(`${url}/movements?limit=1000`)).body as { data: Movement[] }).data
    .filter(({ reason }) => reason === 'hand edit')
    .map(({ account, change }) => [account, change])

/** Every edit is made to a shop that sold three Tux: `change` gets the file as the store left it. */
interface Edit {
  what: string
  change: (text: string) => string
  toys?: [string, number, number][]
  /** The file as the store writes it then. */
  file?: string
  edits?: [string, number][]
}

const asLeft: [string, number, number][] = [
  ['Fox', 9.5, 10],
  ['Tux', 25.99, 7],
  ['Whale', 19.99, 10],
]
const fileAsLeft = 'name,price,quantity\nTux,25.99,7\nWhale,19.99,10\nFox,9.50,10\n'
const asEdited: Pick<Edit, 'toys' | 'file' | 'edits'> = {
  toys: [
    ['Bear', 15.99, 5],
    ['Fox', 9.5, 10],
    ['Tux', 25.5, 20],
  ],
  file: 'name,price,quantity\nTux,25.50,20\nFox,9.50,10\nBear,15.99,5\n',
  edits: [
    ['Whale', -10],
    ['Tux', 13],
    ['Bear', 5],
  ],
}
/** A price and a stock changed, a row removed, a row added. */
const edited = (text: string): string =>
  `${text.replace('Tux,25.99,7', 'Tux,25.50,20').replace('Whale,19.99,10\n', '')}Bear,15.99,5\n`
const european = (text: string): string => text.replaceAll(',', ';').replaceAll('.', ',')
const reordered = (text: string): string => text.replaceAll(/^(.*),(.*),(.*)$/gm, '$3,$1,$2')

const taken: Edit[] = [
  { what: 'saved with a BOM and CRLF, nothing else', change: (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}` },
  { what: 'saved with semicolons and decimal commas, nothing else', change: european },
  {
    what: 'sorted otherwise',
    change: (text) => `${text.split('\n')[0]}\n${text.split('\n').slice(1, -1).sort().join('\n')}\n`,
  },
  { what: 'changed in a text editor', change: edited, ...asEdited },
  {
    what: 'changed and saved with a BOM and CRLF',
    change: (text) => `\uFEFF${edited(text).replaceAll('\n', '\r\n')}`,
    ...asEdited,
  },
  {
    what: 'changed and saved with semicolons and decimal commas',
    change: (text) => european(edited(text)),
    ...asEdited,
  },
  { what: 'changed, with quoted numbers', change: (text) => edited(text).replaceAll(/[^,\n]+/g, '"$&"'), ...asEdited },
  { what: 'changed, with columns in another order', change: (text) => reordered(edited(text)), ...asEdited },
  {
    what: 'changed, with emptied rows and columns',
    change: (text) => `${edited(text).replaceAll('\n', ',\n')},,,\n`,
    ...asEdited,
  },
]

/** A stopped store that has sold three Tux. */
const master = dataDirOf(t, { catalog: { 'toys_db.csv': first } })
t.before(async () => {
  const store = await startStore({ dataDir: master })
  await buy(store.url, { name: 'Tux', quantity: 3 })
  await store.stop()
})

t.test('an edit made while the store is stopped is taken', async (t) => {
  t.jobs = 2
  for (const { what, change, toys = asLeft, file = fileAsLeft, edits = [] } of taken)
    t.test(what, { buffered: true }, async (t) => {
      const dataDir = await copyOf(t, master)
      const path = `${dataDir}/catalog/toys_db.csv`
      const left = await readFile(path, 'utf8')
      t.equal(left, fileAsLeft)
      await writeFile(path, change(left))
      const store = await startStore({ dataDir, t })
      t.strictSame(await toysOf(store.url), toys)
      t.strictSame((await editsOf(store.url)).sort(), [...edits].sort())
      await eventually(async () => (await readFile(path, 'utf8')) === file)
      const before = await booksOf(store.url)
      t.match((await buy(store.url, { name: 'Fox', quantity: 2 })).body, { data: { order_number: 2, total: 19 } })
      t.equal(await store.stop(), 0)
      t.strictSame((await verifyFiles(dataDir)).differences, [])
      if (edits.length === 0) return
      const again = await startStore({ dataDir, t })
      t.strictSame((await booksOf(again.url)).movements, before.movements, 'taken once')
      t.equal(await again.stop(), 0)
    })
})

t.test('an edit that cannot be taken stops the start with its line, and nothing is changed', async (t) => {
  const dataDir = await copyOf(t, master)
  const path = `${dataDir}/catalog/toys_db.csv`
  const left = await readFile(path, 'utf8')
  const refused: [what: string, change: (text: string) => string, said: string][] = [
    [
      'an extra column',
      (text) => text.replaceAll('\n', ',red\n').replace(',red\n', ',colour\n'),
      '1: the column "colour" is unknown; take it out, the header is name,price,quantity',
    ],
    [
      'a decimal comma between commas',
      (text) => text.replace('19.99', '"19,99"'),
      '3: the price "19,99" is no amount; write it like 15.99',
    ],
    [
      'thousands between semicolons',
      (text) => european(text).replace('19,99', '1.119,99'),
      '3: the price "1.119,99" is no amount',
    ],
  ]
  for (const [what, change, said] of refused) {
    await writeFile(path, change(left))
    const error: unknown = await startStore({ dataDir, t }).catch((reason: unknown) => reason)
    if (!(error instanceof NotOpened)) throw error
    t.equal(error.code, 2, what)
    t.match(
      error.output.find((line) => !line.startsWith('{')),
      `catalog: ${path}:${said}`,
    )
    t.equal(await readFile(path, 'utf8'), change(left), 'the file is as it was')
  }
  await writeFile(path, left)
  const store = await startStore({ dataDir, t })
  t.strictSame(await toysOf(store.url), asLeft)
  t.equal(await store.stop(), 0)
})

t.test('an edit made while the store runs is kept aside, told, and named by verify', async (t) => {
  const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': first } })
  const path = `${dataDir}/catalog/toys_db.csv`
  const store = await startStore({ dataDir, t })
  await writeFile(path, first.replace('Whale,19.99,10', 'Whale,1.00,99'))
  t.equal((await buy(store.url, { name: 'Tux', quantity: 3 })).status, 200)
  await eventually(async () => (await readFile(path, 'utf8')) === fileAsLeft)
  t.strictSame(await toysOf(store.url), asLeft)
  await eventually(() =>
    store.output.some((line) =>
      /toys_db\.csv was changed while the store runs; the change is not taken, it is kept as .*: stop the store to edit/.test(
        line,
      ),
    ),
  )
  t.equal(await store.stop(), 0)
  const { differences, kept } = await verifyFiles(dataDir)
  t.strictSame(differences, [])
  t.match(kept, [
    { path: /toys_db\.edited-\d+T\d+Z\.csv$/, what: 'an edit made while the store ran, 3 rows; it was not taken' },
  ])
})
