/** A short kill run with a fixed seed; `npm run test:kill` runs longer ones. */
import t from 'tap'
import { killRun } from './kill-run.ts'
import { dataDirOf } from './store.ts'

t.test('eight kills under buyers who never stop: nothing lost, nothing doubled, the books balance', async (t) => {
  const { acknowledged, several, paid, drafts, cartsBought, cartsUnderWay, wrong, verdict } = await killRun({
    dataDir: dataDirOf(t),
    kills: 8,
    seed: 7,
    t,
  })
  t.same(wrong, [])
  t.ok(acknowledged > 8, `${acknowledged} purchases were acknowledged`)
  t.ok(
    several > 4 && paid > drafts && drafts > 4,
    `${several} of several toys, ${paid} paid by a customer, ${drafts} of them drafts`,
  )
  t.ok(
    cartsBought > 8 && cartsUnderWay > 0,
    `${cartsBought} carts were bought, ${cartsUnderWay} of them while a kill came`,
  )
  t.match(verdict, /^books balanced: /)
})
