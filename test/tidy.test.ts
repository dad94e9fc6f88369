/** What review forgets: the house's rules that a program can check. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { nodeOptions } from '../programs.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8')
const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
const files = listed.split('\n').filter((path) => path !== '' && existsSync(`${root}/${path}`))
const code = files.filter((path) => path.endsWith('.ts'))
const product = code.filter((path) => !/(^|\/)test\//.test(path))
const services = ['catalog', 'payment', 'cart', 'order', 'frontend']
const service = (path: string): string | undefined => services.find((name) => path.startsWith(`${name}/`))

/** What a file imports, as paths from the project's folder. */
const imports = (path: string): string[] =>
  [...read(path).matchAll(/(?:from|import) '(\.[^']+)'/g)].map(([, to]) => normalize(join(dirname(path), to!)))
const all = (paths: readonly string[]) => paths.flatMap((from) => imports(from).map((to) => ({ from, to })))
const holding = (paths: readonly string[], what: RegExp) => paths.filter((path) => what.test(read(path)))
const none = (t: Test, found: readonly string[]): unknown => t.strictSame(found, [])
const told = (found: { from: string; to: string }[]): string[] => found.map(({ from, to }) => `${from} imports ${to}`)

t.test('no test is left alone in the room, and nothing is left to be mended', async (t) => {
  const mark = new RegExp(`\\bt\\.${'only'}\\(|\\b(${'FIX'}ME|${'TO'}DO|${'XX'}X)\\b`)
  none(t, holding(code, mark))
})

t.test('the environment is read only where a program begins', async (t) => {
  const beginnings = /(^|\/)(main|warm|as-owner)\.ts$|^start\.ts$/
  const inner = product.filter((path) => !beginnings.test(path))
  none(t, holding(inner, /process\.env\b/))
})

t.test('a service imports of another one only its client.ts', async (t) => {
  const found = all(product.filter((path) => service(path) !== undefined))
  const across = found.filter(({ from, to }) => service(to) !== undefined && service(to) !== service(from))
  t.ok(across.length > 3)
  none(t, told(across.filter(({ to }) => !to.endsWith('/client.ts'))))
})

t.test('imports go one way: services, then ledger-service/, then ledger/ and http/, then storage/', async (t) => {
  const below: Record<string, RegExp> = {
    'storage/': /^(catalog|payment|order|frontend|client|http|ledger|ledger-service|test)\//,
    'http/': /^(catalog|payment|order|frontend|client|storage|ledger|ledger-service|test)\//,
    'ledger/': /^(catalog|payment|order|frontend|client|http|ledger-service|test)\//,
    'ledger-service/': /^(catalog|payment|order|frontend|client|test)\//,
  }
  for (const [folder, forbidden] of Object.entries(below)) {
    const found = all(product.filter((path) => path.startsWith(folder)))
    t.ok(found.length > 0)
    none(t, told(found.filter(({ to }) => forbidden.test(to))))
  }
})

t.test('nothing imports a program', async (t) => {
  none(t, told(all(code).filter(({ to }) => /(^|\/)main\.ts$|^start\.ts$/.test(to))))
})

t.test('every npm script and every file that a document names exists', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const path of files.filter((path) => path.endsWith('.md'))) {
    const text = read(path)
    for (const [, name] of text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g))
      t.ok(scripts[name!] !== undefined, `${path}: npm run ${name}`)
    for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      t.ok(existsSync(`${root}/${join(dirname(path), link!)}`), `${path}: ${link}`)
  }
})

t.test("a service's Dockerfile begins with the lines of Dockerfile.base", async (t) => {
  const base = read('Dockerfile.base').slice(read('Dockerfile.base').indexOf('FROM '))
  const start = `\nCMD ${JSON.stringify(['node', ...nodeOptions])
    .slice(0, -1)
    .replaceAll(',', ', ')}, `
  for (const name of services) {
    t.ok(read(`${name}/Dockerfile`).includes(`\n${base}`), name)
    t.ok(read(`${name}/Dockerfile`).includes(start), `${name} starts with the options of programs.ts`)
  }
})

t.test('the product speaks of no place where it was made', async (t) => {
  const place = new RegExp(`${'/ho'}me/|${'/wo'}rk/|${'/ro'}ot/`)
  none(t, holding(files, place))
})
