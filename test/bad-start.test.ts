import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { services } from '../programs.ts'
import { ask } from './ask.ts'
import { dataDirOf, NotOpened, startStore } from './store.ts'

/** The sentences with which a store refuses to start: exit code 2, and nothing of it left running. */
async function refusal(t: Test, dataDir: string, env: Record<string, string> = {}): Promise<string> {
  const began = performance.now()
  const error: unknown = await startStore({ dataDir, env, t }).then(
    () => new Error('it opened'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof NotOpened)) throw error
  t.equal(error.code, 2)
  t.ok(performance.now() - began < 30_000, `${Math.round(performance.now() - began)} ms`)
  // Log lines are for machines; the sentence stands alone.
  return error.output.filter((line) => !line.startsWith('{')).join('\n')
}

/** Several at a time, since each is mostly waiting. */
const several = (t: Test, tests: Readonly<Record<string, (t: Test) => Promise<void>>>): void => {
  t.jobs = 4
  for (const [title, work] of Object.entries(tests)) t.test(title, { buffered: true }, work)
}

t.test('a setting out of range', async (t) => {
  several(t, {
    'of the store': async (t) => {
      const dataDir = `${dataDirOf(t)}/data`
      const said = await refusal(t, dataDir, { PORT: '70000' })
      t.equal(said, 'toy store: the setting PORT must be a whole number from 0 to 65535, but it is "70000"')
      await t.rejects(stat(dataDir), 'nothing was made')
    },
    'that is a word': async (t) => {
      const said = await refusal(t, dataDirOf(t), { CACHE: 'maybe' })
      t.equal(said, 'toy store: the setting CACHE must be on or off, but it is "maybe"')
    },
  })
})

t.test('a toys_db.csv that is broken is left byte for byte', async (t) => {
  const head = 'name,price,quantity\n'
  const rows: [string, string, string][] = [
    ['a duplicate name', `${head}Tux,1.00,1\nFox,1.00,1\nTux,2.00,2\n`, '4: "Tux" stands in line 2 already'],
    ['a negative number', `${head}Tux,1.00,1\nFox,1.00,-3\n`, '3: quantity is "-3"; it must be a whole number'],
    ['a broken number', `${head}Tux,1.00,1\nFox,1.00,1.5\n`, '3: quantity is "1.5"; it must be a whole number'],
    [
      'a missing column',
      'name,quantity\nTux,1\n',
      '1: the column "price" is missing; the header is name,price,quantity',
    ],
    ['an unclosed quote', `${head}Tux,1.00,1\n"Fox,1.00,1\n`, '3: a quote is opened and never closed; close it'],
  ]
  const test = ([what, file, said]: (typeof rows)[number]) => [
    what,
    async (t: Test) => {
      const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': file } })
      const path = `${dataDir}/catalog/toys_db.csv`
      t.match(await refusal(t, dataDir), `catalog: ${path}:${said}`)
      t.equal(await readFile(path, 'utf8'), file)
    },
  ]
  several(t, Object.fromEntries(rows.map(test)))
})

t.test('a place that is taken', async (t) => {
  several(t, {
    'a port in use': async (t) => {
      const server = createServer().listen(0, '127.0.0.1')
      t.teardown(() => server.close())
      await once(server, 'listening')
      const { port } = server.address() as { port: number }
      const said = await refusal(t, dataDirOf(t), { PORT: String(port) })
      t.match(said, `frontend: port ${port} is in use: stop what uses it or set PORT`)
    },
    'a folder of another store, which goes on': async (t) => {
      const dataDir = dataDirOf(t)
      const first = await startStore({ dataDir, t })
      const said = await refusal(t, dataDir)
      t.match(
        said,
        /(catalog|payment|order): .*\/(catalog|payment|order) is in use by another store \(.+\); stop it, or give this one/,
      )
      t.equal((await ask(`${first.url}/products/Tux`)).status, 200)
      t.equal(Object.keys(first.pids).length, services.length)
      t.equal(await first.stop(), 0)
    },
    'a file where the data folder should be': async (t) => {
      const dataDir = `${dataDirOf(t, { data: 'a file' })}/data`
      const said = await refusal(t, dataDir)
      t.match(said, `${dataDir}`)
      t.equal(said.split('\n').length, 1, said)
      t.equal(await readFile(dataDir, 'utf8'), 'a file')
    },
    'a folder where toys_db.csv should be': async (t) => {
      const dataDir = dataDirOf(t, { catalog: { 'toys_db.csv': { inside: '' } } })
      const said = await refusal(t, dataDir)
      t.match(said, /^catalog: .*toys_db\.csv/)
    },
  })
})

t.test('PORT=0 takes a free port and prints it', async (t) => {
  const store = await startStore({ dataDir: dataDirOf(t), env: { HOST: '127.0.0.1', LOG_LEVEL: 'warn' }, t })
  t.strictSame(store.output, [`The toy store is open at ${store.url}`])
  t.match(store.url, /^http:\/\/127\.0\.0\.1:[1-9]\d+$/)
  t.equal((await ask(`${store.url}/readyz`)).status, 200)
  t.equal(await store.stop(), 0)
})
