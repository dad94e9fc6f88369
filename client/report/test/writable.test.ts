/** Files that a command writes at its end. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import t from 'tap'
import { checkWritable, writeReport } from '../writable.ts'

t.test('a file that can be written is neither made nor changed by the check', async (t) => {
  const folder = t.testdir({ 'old.html': 'what was there' })
  await checkWritable(`${folder}/old.html`)
  await checkWritable(`${folder}/new.html`)
  t.same(readdirSync(folder), ['old.html'])
  t.equal(readFileSync(`${folder}/old.html`, 'utf8'), 'what was there')
})

t.test('what cannot be written is told in a sentence with its path, by the check and by the writing', async (t) => {
  const folder = t.testdir({ file: '', folder: {} })
  const refused: [string, RegExp][] = [
    [`${folder}/none/report.html`, /there is no folder .*\/none; make it first\.$/],
    [`${folder}/folder`, /it is a folder; name a file in it\.$/],
    [`${folder}/file/report.html`, /\/file is no folder\.$/],
    [`${folder}/${'x'.repeat(300)}`, /cannot be written: .*name too long/],
  ]
  for (const [path, sentence] of refused)
    for (const work of [checkWritable, (path: string) => writeReport(path, 'text')]) {
      const error: Error = await work(path).then(
        () => t.fail(path),
        (error) => error,
      )
      t.match(error.message, sentence)
      t.ok(error.message.startsWith(path), error.message)
    }
  t.same(readdirSync(folder), ['file', 'folder'])
})

t.test('a file or folder that this user may not write is told', { skip: process.getuid?.() === 0 }, async (t) => {
  const folder = t.testdir({ 'old.html': '', shut: {} })
  chmodSync(`${folder}/old.html`, 0o444)
  chmodSync(`${folder}/shut`, 0o555)
  await t.rejects(checkWritable(`${folder}/old.html`), { message: /this user may not write there/ })
  await t.rejects(writeReport(`${folder}/old.html`, 'new'), { message: /this user may not write there/ })
  await t.rejects(checkWritable(`${folder}/shut/new.html`), { message: /this user may not write there/ })
})

t.test('a folder that takes no files is told', { skip: process.platform !== 'linux' }, async (t) => {
  await t.rejects(checkWritable('/proc/report.html'), { message: /^\/proc\/report\.html cannot be written: / })
})

t.test('a report replaces the one before at once, and leaves nothing beside it', async (t) => {
  const folder = t.testdir({ 'old.html': 'what was there' })
  const before = statSync(`${folder}/old.html`).ino
  await writeReport(`${folder}/old.html`, 'new')
  t.equal(readFileSync(`${folder}/old.html`, 'utf8'), 'new')
  t.not(statSync(`${folder}/old.html`).ino, before, 'it was written beside and renamed')
  t.same(readdirSync(folder), ['old.html'])
})

t.test('a report that cannot be written to its end leaves what was there, and nothing beside it', async (t) => {
  const folder = t.testdir({ 'old.html': 'what was there' })
  async function* breaking() {
    yield 'half'
    throw new Error('no more')
  }
  await t.rejects(writeReport(`${folder}/old.html`, breaking() as never), { message: /cannot be written: no more\.$/ })
  t.equal(readFileSync(`${folder}/old.html`, 'utf8'), 'what was there')
  t.same(readdirSync(folder), ['old.html'])
})

t.test('a link stays a link, and what is no plain file is written to, not replaced', async (t) => {
  const folder = t.testdir({})
  mkdirSync(`${folder}/inner`)
  writeFileSync(`${folder}/inner/report.html`, 'old')
  symlinkSync('inner/report.html', `${folder}/link.html`)
  await writeReport(`${folder}/link.html`, 'new')
  t.ok(lstatSync(`${folder}/link.html`).isSymbolicLink())
  t.equal(readFileSync(`${folder}/inner/report.html`, 'utf8'), 'new')
  symlinkSync('/dev/null', `${folder}/null`)
  await checkWritable(`${folder}/null`)
  await writeReport(`${folder}/null`, 'gone')
  t.ok(statSync('/dev/null').isCharacterDevice())
})
