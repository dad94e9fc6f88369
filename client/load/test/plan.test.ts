/** What a session does next. */
import fc from 'fast-check'
import t from 'tap'
import { pick, piecesToBuy, seededRandom } from '../plan.ts'

const draws = (seed: number, session: number, round: number) => {
  const random = seededRandom(seed, session, round)
  return Array.from({ length: 100 }, random)
}

t.test('the same seed, session and round draw the same, any other draws something else', async (t) => {
  t.same(draws(7, 0, 0), draws(7, 0, 0))
  for (const other of [draws(8, 0, 0), draws(7, 1, 0), draws(7, 0, 1)]) t.notSame(other, draws(7, 0, 0))
  t.notSame(draws(7, 1, 0), draws(1, 7, 0))
  t.notSame(draws(0, 1, 0), draws(0, 0, 1))
})

t.test('the first draws of many rounds are spread evenly', async (t) => {
  const toys = Array.from({ length: 30_000 }, (_, i) => {
    const random = seededRandom(3, i % 100, Math.floor(i / 100))
    random()
    return Math.floor(random() * 10)
  })
  for (let toy = 0; toy < 10; toy++) {
    const share = toys.filter((each) => each === toy).length / toys.length
    t.ok(share > 0.09 && share < 0.11, `toy ${toy}: ${share}`)
  }
})

t.test('each place is picked as often as its weight says, one without weight never', async (t) => {
  const random = seededRandom(5, 0)
  const picked = Array.from({ length: 30_000 }, () => pick([3, 0, 1], random))
  const share = picked.filter((place) => place === 2).length / picked.length
  t.ok(share > 0.24 && share < 0.26, `${share}`)
  t.notOk(picked.includes(1))
  t.equal(
    pick([0.1, 0.2, 0], () => 1 - 2 ** -53),
    1,
  )
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
