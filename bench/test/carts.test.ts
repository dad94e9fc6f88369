/** The books of carts: what was acknowledged must be there, and no more than was asked for. */
import t, { type Test } from 'tap'
import { openCarts } from '../../cart/store.ts'
import { realClock } from '../../clock.ts'
import { realFileSystem } from '../../storage/file-system.ts'
import { ToldAdds } from '../carts.ts'

async function withPieces(t: Test, counts: readonly number[]): Promise<string> {
  const dataDir = t.testdir({ cart: {} })
  const { map } = await openCarts({
    ...{ files: realFileSystem, clock: realClock, folder: `${dataDir}/cart`, ioDelayMs: 0 },
    giveUp(error) {
      throw error
    },
  })
  for (const [i, unitCount] of counts.entries()) {
    const items = [1, 2].map((itemId) => ({ itemId, unitCount, timestamp: '2026-11-22T00:00:00.000Z' }))
    await map.update(`customer${i}`, () => ({ items }))
  }
  await map.close()
  return dataDir
}

const round = (answers: number, failed = 0) => ({ answers, failed, perSecond: 1, p50Ms: 1, p99Ms: 1 })

t.test('carts that hold what was acknowledged balance, with what was under way at the end too', async (t) => {
  const dataDir = await withPieces(t, [3, 4])
  for (const [answers, balanced] of [
    [14, false],
    [13, true],
    [11, true],
    [10, false],
  ] as const) {
    const told = new ToldAdds(2)
    told.add(round(answers))
    t.equal((await told.verdict(dataDir)).balanced, balanced, `${answers} of 14, one of them before`)
  }
})

t.test('what was answered with an error may be there, or not', async (t) => {
  const told = new ToldAdds(0)
  told.add(round(8, 4))
  told.add(round(1, 0))
  const { line, balanced } = await told.verdict(await withPieces(t, [3, 4]))
  t.ok(balanced)
  t.equal(line, 'carts balanced: 14 pieces in 2 carts, 10 acknowledged')
  const wrong = new ToldAdds(0)
  wrong.add(round(20))
  t.match(
    (await wrong.verdict(await withPieces(t, [3, 4]))).line,
    /^carts WRONG: .*, 21 acknowledged, at most 21 asked/,
  )
})
