/**
 * README's "When something is broken" names every sentence with which a start can be refused. The sentences are taken from
 * the code: each `new StartError(` and each place that makes one through a function of its own.
 */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('..', import.meta.url).pathname

/** Every source file that is no test. */
function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory() && !/^(node_modules|test|bench|docs|data|\..*)$/.test(entry.name)) yield* sources(path)
    else if (entry.isFile() && entry.name.endsWith('.ts')) yield path
  }
}

/** What the code says → how README says it. A sentence that is missing here, or is not in README, fails. */
const named: [code: RegExp, readme: string][] = [
  [/the setting \$\{name\}/, 'the setting PORT must be'],
  [/port \$\{port\} is in use/, 'port 8080 is in use'],
  [/port \$\{port\} may not be used/, 'may not be used by this user'],
  [/cannot listen on/, 'cannot listen on'],
  [/is in use by another store/, 'is in use by another store'],
  [/cannot be used/, 'cannot be used'],
  [/cannot be locked/, 'cannot be locked'],
  [/make it readable and writable for this user/, 'make it readable and writable for this user'],
  [/\$\{path\}:\$\{info\.lines\}: \$\{what\}/, ':3: '], // by the line; toys_db.csv and the original's orders.csv
  [/the file is empty; give it the header/, 'toys_db.csv:3: '],
  [/a quote is opened and never closed/, 'toys_db.csv:3: '],
  [/this is no CSV/, 'this is no CSV'],
  [/this is not UTF-8/, 'toys_db.csv:3: '],
  [
    /it was changed by hand, but the store did not stop cleanly/,
    'it was changed by hand, but the store did not stop cleanly',
  ],
  [/was taken out, but a purchase still holds/, 'was taken out, but a purchase still holds some of it'],
  [/it does not fit its checksum\)/, 'base-….csv: it is damaged (it does not fit its checksum)'],
  [/this file is the store's own/, "this file is the store's own"],
  [/this is no torn end of a crash/, 'the line does not fit its checksum; this is no torn end of a crash'],
  [/format \$\{.*\} is newer/, 'format 2 is newer'],
  [/was it written by a newer version of the store\?/, 'was it written by a newer version of the store?'],
  [/this journal segment is missing/, 'this journal segment is missing'],
  [/this is segment/, 'this is segment 7'],
  [/the journal has no beginning/, 'the journal has no beginning'],
  [/the header must be \$\{movementsHeader/, 'movements.csv:1: the header must be'],
  [/it is missing; restore it/, 'movements.csv: it is missing'],
  [/it has \$\{length\} bytes where/, 'it has 10 bytes where 32 were written'],
  [/movement \$\{lastMovement\} does not end at byte/, 'movement 9 does not end at byte'],
  [
    /it has movements, but the ledger's base and journal are gone/,
    "it has movements, but the ledger's base and journal are gone",
  ],
  [/it goes on from segment/, 'it goes on from segment 3, which is missing'],
  [/the header must be \$\{headerOf/, 'drafts-….csv:1: the header must be'],
  [/strangeHeader\(/, 'orders.csv:1: the file was saved by another program'],
  [/its last mebibyte holds no whole row/, 'its last mebibyte holds no whole row'],
  [/is missing, and this folder had one/, 'orders.csv is missing, and this folder had one'],
  [/these are an older store's orders/, "these are an older store's orders"],
  [/this is \$\{damaged\}/, 'this is no incarnation'],
  [
    /the setting AZURE_COSMOS_CONNECTION_STRING must be given/,
    'the setting AZURE_COSMOS_CONNECTION_STRING must be given',
  ],
  [/the setting \$\{setting\} must be a connection string/, 'must be a connection string'],
  [/the setting \$\{setting\} must hold a key/, 'must hold a key that Azure takes'],
  [/^sentence\)/, 'another order service uses the same catalog'],
]

/** Sentences that are made elsewhere than beside the `new StartError(`, or only warn. */
const elsewhere: [file: string, code: string, readme: string][] = [
  ['storage/csv/log-start.ts', 'the file was saved by another program', 'the file was saved by another program'],
  ['storage/csv/log-start.ts', 'return `the header must be ', 'orders.csv:1: the header must be'],
  ['storage/csv/log-start.ts', 'the last order is damaged', 'the last order is damaged'],
  ['storage/csv/ledger-start.ts', 'the line does not fit its checksum', 'the line does not fit its checksum'],
  ['order/coordinator.ts', 'another order service uses the same', 'another order service uses the same catalog'],
  ['order/side.ts', 'its books are wrong, run verify', 'its books are wrong, run verify'],
  ['order/store.ts', 'order_no is', 'order_no is'],
  ['order/taken.ts', 'no order number; delete', 'this is no order number'],
  ['order/incarnations.ts', 'no incarnation; delete', 'this is no incarnation'],
  ['order/carts.ts', 'no cart can be bought', 'no cart can be bought'],
  ['order/taken.ts', 'cannot be written yet', '`taken.csv cannot be written yet'],
  ['storage/csv/copy-file.ts', 'was changed by someone else', 'was changed by someone else'],
  ['storage/csv/map-copy.ts', 'could not be brought up to date', '`carts.csv could not be brought up to date'],
  ['storage/azure/table-map.ts', 'Azure refuses the table', 'Azure refuses the table'],
  ['order/start.ts', 'recovered after a crash in', 'recovered after a crash in'],
  ['ledger-service/start.ts', 'recovered after a crash in', 'recovered after a crash in'],
  [
    'order/recovery.ts',
    'cannot be settled, and no purchase is taken before it is',
    'cannot be settled, and no purchase is taken before it is',
  ],
  [
    'storage/csv/open-folder.ts',
    'make room, the start is tried again by itself',
    'make room, the start is tried again by itself',
  ],
  [
    'storage/csv/catch-up.ts',
    'the readable file could not be brought up to date',
    'the readable file could not be brought up to date',
  ],
  ['storage/csv/segments.ts', 'was changed while the store runs', 'was changed while the store runs'],
  ['storage/csv/ledger-start.ts', 'was missing and is written anew', 'was missing and is written anew'],
  [
    'storage/csv/log-engine.ts',
    'rows are damaged, missing or out of their order',
    'rows are damaged, missing or out of their order',
  ],
  ['storage/csv/log-engine.ts', ' is damaged or missing', 'order 8 is damaged or missing'],
  ['storage/csv/log-engine.ts', '!.number} is damaged', 'order 8 is damaged'],
  ['client/verify/files.ts', 'nothing of it was acknowledged', 'nothing of it was acknowledged'],
  ['client/verify/files.ts', 'some of it was acknowledged', 'some of it was acknowledged'],
  ['client/verify/kept.ts', 'an edit made while the store ran', 'an edit made while the store ran'],
  ['client/verify/kept.ts', 'the orders of an older store', 'the orders of an older store'],
]

const readme = readFileSync(`${root}/README.md`, 'utf8').split('## When something is broken')[1]!.split('\n## ')[0]!

/** What is given to each `new StartError(`, up to its closing bracket. */
function given(text: string): string[] {
  return text
    .split('new StartError(')
    .slice(1)
    .map((rest) => {
      let depth = 1
      let at = 0
      for (; depth > 0 && at < rest.length; at++) depth += rest[at] === '(' ? 1 : rest[at] === ')' ? -1 : 0
      return rest.slice(0, at)
    })
}

t.test('every sentence that ends a start has its line in README', (t) => {
  const seen = new Set<RegExp>()
  let count = 0
  for (const path of sources(root.replace(/\/$/, '')))
    for (const text of given(readFileSync(path, 'utf8'))) {
      count += 1
      const fitting = named.filter(([code]) => code.test(text))
      for (const [code, sentence] of fitting) {
        seen.add(code)
        t.ok(readme.includes(sentence), `${sentence}: in README`)
      }
      t.ok(fitting.length > 0, `${path.slice(root.length)}: ${text.slice(0, 120)}`)
    }
  t.ok(count > 25, `${count} found`)
  for (const [code] of named) t.ok(seen.has(code), `${code} is still said`)
  t.end()
})

t.test('every sentence that asks something of the owner has its line in README', (t) => {
  for (const [file, code, sentence] of elsewhere) {
    t.ok(readFileSync(`${root}/${file}`, 'utf8').includes(code), `${file} still says: ${code}`)
    t.ok(readme.includes(sentence), `README says: ${sentence}`)
  }
  t.end()
})
