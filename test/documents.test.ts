/**
 * The curl lines of the documents, run from top to bottom against a new store: what they print is what the document says. And
 * the route of docs/adding-a-route.md, added in a copy of the project.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { copyOfTheProject } from './broken-copy.ts'
import { dataDirOf, startStore } from './store.ts'

const run = promisify(execFile)

/** Each `$ curl …` of a document with the lines that it prints. */
function examples(document: string): { line: number; command: string; printed: string }[] {
  const found: { line: number; command: string; printed: string }[] = []
  const lines = readFileSync(fileURLToPath(new URL(`../${document}`, import.meta.url)), 'utf8').split('\n')
  for (const [i, text] of lines.entries()) {
    if (!text.startsWith('    $ curl ')) continue
    const end = lines.findIndex((next, j) => j > i && (!next.startsWith('    ') || next.startsWith('    $ ')))
    const printed = lines.slice(i + 1, end).map((each) => each.slice(4))
    found.push({ line: i + 1, command: text.slice(6), printed: printed.join('\n') })
  }
  return found
}

/** What differs from one run to the next. */
const settled = (text: string): string => text.trim().replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')

for (const document of ['README.md', 'docs/api.md'])
  t.test(`${document} prints what the store answers`, async (t) => {
    const store = await startStore({ t, dataDir: dataDirOf(t) })
    const all = examples(document)
    t.ok(all.length > 2)
    for (const { line, command, printed } of all) {
      const here = command.replaceAll('localhost:8080', store.url.replace('http://', ''))
      const { stdout } = await run('sh', ['-c', here])
      t.equal(settled(stdout), settled(printed), `${document}:${line}`)
    }
    await store.stop()
  })

t.test('docs/adding-a-route.md adds a route, whose test fails before and passes after', async (t) => {
  const copy = copyOfTheProject()
  const page = readFileSync(`${copy}/docs/adding-a-route.md`, 'utf8')
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!)
  const [test, asked, answer, method, call, doorAsked, door] = blocks
  t.equal(blocks.length, 7)
  writeFileSync(`${copy}/test/nearly-gone.test.ts`, test!)
  const { NODE_OPTIONS: _, NODE_COMPILE_CACHE: __, ...env } = process.env
  const fault = () =>
    run(process.execPath, ['test/nearly-gone.test.ts'], { cwd: copy, env }).then(
      () => undefined,
      ({ stdout }: { stdout: string }) => stdout,
    )
  t.match(await fault(), 'there is nothing at this path')
  for (const [file, before, code] of [
    ['catalog/server.ts', 'export interface CatalogServerOptions', `${asked}\n`],
    ['catalog/server.ts', "      {\n        method: 'GET',\n        path: '/query/:name'", answer],
    ['catalog/client.ts', '  /** Prices in cents. Errors: `product_exists`. */', method],
    ['catalog/client.ts', '    create: async (', call],
    ['frontend/shop.ts', '/** Of a purchase: so that', `${doorAsked}\n`],
    ['frontend/shop.ts', "    {\n      method: 'GET',\n      path: '/products/:name'", door],
  ] as const) {
    const [head, tail, more] = readFileSync(`${copy}/${file}`, 'utf8').split(before)
    t.ok(tail !== undefined && more === undefined, `${file} has one place for it`)
    writeFileSync(`${copy}/${file}`, `${head}${code}${before}${tail}`)
  }
  t.equal(await fault(), undefined)
})
