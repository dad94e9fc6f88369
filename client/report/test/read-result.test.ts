/** Files that are a result, and the sentence for one that is none. */
import t from 'tap'
import { readResult } from '../read-result.ts'
import { plausibleResult } from './plausible.ts'

const good = plausibleResult()
const json = (value: unknown) => JSON.stringify(value)

t.test('what was written is read, with a byte order mark too', async (t) => {
  const folder = t.testdir({ 'a.json': json(good), 'b.json': `\uFEFF${json(good)}` })
  t.same(await readResult(`${folder}/a.json`), good)
  t.same(await readResult(`${folder}/b.json`), good)
})

t.test('what is no result is told in a sentence with the file and what is wrong', async (t) => {
  const { url: _, ...withoutUrl } = good
  const deep = { ...good.kinds[1], latency: { ...good.all.latency, p50: '3' } }
  const bad: [string, string, RegExp][] = [
    ['text.json', '{"format":1,', /: it is no JSON \(.+\); give a file that load --json wrote\.$/],
    ['empty.json', '', /: it is no JSON/],
    ['list.json', '[]', /: it is no result of load --json: .*expected object/],
    ['null.json', 'null', /: it is no result of load --json: .*expected object/],
    ['newer.json', json({ ...good, format: 2 }), /: its format is 2, this program knows 1; read it with/],
    ['url.json', json(withoutUrl), /: it is no result of load --json: url: .*expected string/],
    ['deep.json', json({ ...good, kinds: [good.kinds[0], deep] }), /: kinds\[1\]\.latency\.p50: .*expected number/],
    [
      'late.json',
      json({ ...good, load: [{ second: 1e12, clients: 1, arrivalsPerSecond: null }] }),
      /no load has a second 1e?/,
    ],
  ]
  const folder = t.testdir({ ...Object.fromEntries(bad.map(([name, text]) => [name, text])), folder: {} })
  const refused = [
    ...bad.map(([name, , sentence]) => [name, sentence] as const),
    ['none.json', /: there is no such file\.$/] as const,
    ['folder', /: it is a folder, no file\.$/] as const,
  ]
  for (const [name, sentence] of refused) {
    const error: Error = await readResult(`${folder}/${name}`).then(
      () => t.fail(name),
      (error) => error,
    )
    t.match(error.message, sentence)
    t.ok(error.message.startsWith(`${folder}/${name}: `), error.message)
    t.equal(error.message.split('\n').length, 1)
  }
})
