/** What a load tells its caller, as a library: purchases that nobody can be sure of, and its end. */
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { LoadPlan } from '../options.ts'
import { constant } from '../profile.ts'
import { type LoadOutcome, startLoad } from '../run.ts'
import { type FakeStore, refuse, startFakeStore } from './fake-store.ts'

const plan = (url: string): LoadPlan => ({
  url,
  scenario: 'purchases',
  weights: [1],
  processes: 1,
  model: { type: 'closed', profile: constant(1, Number.POSITIVE_INFINITY), rounds: 1, thinkMs: [0, 0] },
  warmupMs: 0,
  toys: undefined,
  quantityMax: 1,
  seed: 1,
  withKeys: true,
  timeoutMs: 5000,
  thresholds: [],
  verify: true,
  token: undefined,
  settings: [],
})

/** One purchase of a session that buys without looking. */
const buyOnce = async ({ url }: FakeStore): Promise<LoadOutcome> => (await startLoad(plan(url), 'load')).done

t.test(
  'a purchase whose first try lost its answer stays unknown when the later ones are told "unavailable"',
  async (t) => {
    const store = await startFakeStore(t, {
      order(_, response) {
        if (store.orders().length > 1) return refuse(response, 503, 'unavailable')
        response.destroy()
        return true
      },
    })
    const { result, witness } = await buyOnce(store)
    t.same(result.kinds[0]!.failures, [['unavailable', 1]])
    t.equal(witness.unknown, 1)
    t.equal(witness.shown[0]!.unsettled, 6, 'each of six tries may have set the piece aside')
  },
)

t.test('a purchase that was asked again may have set its pieces aside twice for a while', async (t) => {
  const store = await startFakeStore(t, {
    order: (_, response) => store.orders().length === 1 && refuse(response, 503, 'unavailable'),
  })
  const { witness } = await buyOnce(store)
  t.equal(witness.purchases.length, 1)
  t.equal(witness.unknown, 0)
  t.equal(witness.shown[0]!.unsettled, 1)
})

t.test('a purchase that was only ever told "unavailable" is certainly none', async (t) => {
  const store = await startFakeStore(t, { order: (_, response) => refuse(response, 503, 'unavailable') })
  const { witness } = await buyOnce(store)
  t.equal(witness.unknown, 0)
})

t.test('a load that its caller meant to end there does not say that it ended early', async (t) => {
  const store = await startFakeStore(t)
  const notes = async (asPlanned: boolean): Promise<string[]> => {
    const { model, ...rest } = plan(store.url)
    const load = await startLoad({ ...rest, model: { ...model, rounds: null } as LoadPlan['model'] }, 'load')
    while (load.progress().requests === 0) await pause(20)
    load.stop({ asPlanned })
    return (await load.done).result.notes
  }
  t.same(await notes(true), [])
  t.same(await notes(false), ['Ended early.'])
})
