/** Which values stay in memory. */
import t from 'tap'
import { RecentValues } from '../recent-values.ts'

t.test('what was used of late stays; what was not used for as much as the memory holds is gone', async (t) => {
  const recent = new RecentValues<number>(8)
  for (let i = 0; i < 100; i++) {
    recent.set(`key ${i}`, i)
    for (let back = 0; back < 4; back++) if (i >= back) t.equal(recent.get(`key ${i - back}`), i - back)
  }
  t.equal(recent.get('key 0'), undefined)
})

t.test('together they never weigh more than they may, whatever is set, used and deleted', async (t) => {
  const most = 100
  const recent = new RecentValues<string>(most, (value) => value.length)
  const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`)
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let step = 0; step < 5000; step++) {
    const key = keys[random(keys.length)]!
    const what = random(4)
    if (what === 0) recent.delete(key)
    else if (what === 1) recent.get(key)
    else recent.set(key, 'x'.repeat(random(60)))
    if (step % 50 !== 0) continue
    const kept = [...keys].filter((each) => recent.get(each) !== undefined)
    const weight = kept.reduce((sum, each) => sum + (recent.get(each)?.length ?? 0), 0)
    t.ok(weight <= most, `${weight}`)
  }
})

t.test('a value heavier than half of the memory is not kept, and takes nothing else out', async (t) => {
  const recent = new RecentValues<string>(10, (value) => value.length)
  recent.set('light', 'x')
  recent.set('heavy', 'x'.repeat(6))
  t.equal(recent.get('heavy'), undefined)
  t.equal(recent.get('light'), 'x')
  recent.set('light', 'x'.repeat(6))
  t.equal(recent.get('light'), undefined, 'nor is an older value of its key')
})
