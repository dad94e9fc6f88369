import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import t from 'tap'
import { readStartLine, startLine } from '../start-line.ts'

t.test("the store's options of Node are those of its start script", async (t) => {
  t.strictSame(readStartLine('A=1 B_C=x/y exec node --one=4 --two start.ts'), {
    flags: ['--one=4', '--two'],
    env: { A: '1', B_C: 'x/y' },
  })
  t.strictSame(readStartLine('node start.ts'), { flags: [], env: {} })
})

t.test('a start script of another form is refused, not half understood', async (t) => {
  for (const script of ['tsx start.ts', 'node start.ts --more', 'node --one two start.ts', 'node start.ts && true', ''])
    t.throws(() => readStartLine(script), /not understood/, script)
})

t.test('this project has a start script of that form', async (t) => {
  const { flags, env } = startLine()
  t.ok(flags.length > 0)
  t.ok(env.NODE_COMPILE_CACHE === undefined || isAbsolute(env.NODE_COMPILE_CACHE))
  t.ok(existsSync(new URL('../../start.ts', import.meta.url)))
})
