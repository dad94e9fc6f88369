import t from 'tap'
import { newCartCommand, planOf } from '../options.ts'

const plan = (...args: string[]) => planOf(newCartCommand().parse(args, { from: 'user' }))

/** The sentence that is told. */
function refused(...args: string[]): string {
  let told = ''
  const command = newCartCommand()
    .configureOutput({
      writeErr(text) {
        told += text
      },
    })
    .exitOverride((error) => {
      throw error
    })
  try {
    command.parse(args, { from: 'user' })
  } catch {
    return told
  }
  return ''
}

t.test('by itself it measures both engines with the shards that the original meant', async (t) => {
  const { runs, engines, shards, million, account, files } = plan()
  t.strictSame({ runs, engines, shards }, { runs: 5, engines: ['local', 'azure'], shards: [1, 10, 100, 1000, 10_000] })
  t.strictSame({ million, account, files }, { million: false, account: false, files: {} })
})

t.test('--quick is less of everything that is not given', async (t) => {
  t.match(plan('--quick'), { runs: 1, shards: [1, 10_000], seconds: 1, carts: 20_000 })
  t.match(plan('--quick', '--runs', '3', '--shards', '7', '--seconds', '2'), { runs: 3, shards: [7], seconds: 2 })
})

t.test('engines and shards are taken in their own order, each once', async (t) => {
  t.match(plan('--engines', 'azure, local', '--shards', '100,1'), { engines: ['local', 'azure'], shards: [1, 100] })
  t.match(refused('--engines', 'local,local'), /An engine stands there twice/)
  t.match(refused('--engines', 'azur'), 'There is no azur; did you mean azure. There are local, azure.')
  t.match(refused('--shards', '1,1'), /1 stands there twice/)
  t.match(refused('--shards', '0'), /from 1 to 1000000/)
  t.match(refused('--runs', '0'), /from 1 to 1000/)
})

t.test('the files are those that are named', async (t) => {
  const { files } = plan('--report', 'a.html', '--csv', 'b.csv')
  t.strictSame(files, { report: 'a.html', csv: 'b.csv' })
})
