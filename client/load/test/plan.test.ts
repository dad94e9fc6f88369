/** What a session does next. */
import fc from 'fast-check'
import t from 'tap'
import { nextRound, piecesToBuy, seededRandom } from '../plan.ts'

function rounds(seed: number, session: number, buy = 0.5) {
  const random = seededRandom(seed, session)
  return Array.from({ length: 1000 }, () => nextRound(random, 10, buy))
}

t.test('the same seed and session give the same rounds, any other gives others', async (t) => {
  t.same(rounds(7, 0), rounds(7, 0))
  t.notSame(rounds(7, 0), rounds(8, 0))
  t.notSame(rounds(7, 0), rounds(7, 1))
  t.notSame(rounds(7, 1), rounds(1, 7))
})

t.test('how often a session buys does not change which toys it asks for', async (t) => {
  const toys = (buy: number) => rounds(7, 0, buy).map(({ toy }) => toy)
  t.same(toys(0), toys(1))
})

t.test('buying follows its probability, and every toy has its turn', async (t) => {
  const all = Array.from({ length: 100 }, (_, session) => rounds(3, session, 0.3)).flat()
  const bought = all.filter(({ buys }) => buys).length / all.length
  t.ok(bought > 0.29 && bought < 0.31, `${bought}`)
  for (let toy = 0; toy < 10; toy++) {
    const share = all.filter((round) => round.toy === toy).length / all.length
    t.ok(share > 0.09 && share < 0.11, `toy ${toy}: ${share}`)
  }
  t.ok(rounds(1, 1, 1).every(({ buys }) => buys))
  t.notOk(rounds(1, 1, 0).some(({ buys }) => buys))
})

t.test('a purchase asks for at least one piece and never for more than were shown or allowed', async (t) => {
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const check = fc.property(share, fc.nat(20), fc.integer({ min: 1, max: 20 }), (share, shown, quantityMax) => {
    const pieces = piecesToBuy(share, shown, quantityMax)
    return shown === 0 ? pieces === 0 : pieces >= 1 && pieces <= shown && pieces <= quantityMax
  })
  t.doesNotThrow(() => fc.assert(check))
  const asked = [0, 0.2, 0.4, 0.6, 0.8, 0.999].map((share) => piecesToBuy(share, 100, 5))
  t.same(asked, [1, 2, 3, 4, 5, 5])
})
