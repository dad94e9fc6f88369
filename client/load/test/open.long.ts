/** An open load: what is due begins, whatever became of what was before; and what a closed load does not show. */
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { answer, startFakeStore } from './fake-store.ts'
import { loadResult } from './run.ts'

const toy = { data: { name: 'bear', price: 9.99, quantity: 100, stock: 100 } }

/** A store that answers at once, but for one second, a second after its first query: then it answers nothing until it is over. */
function stallingQuery() {
  let stall: Promise<unknown> | undefined
  let isStalled = false
  return (response: Parameters<typeof answer>[0]) => {
    stall ??= pause(1000).then(async () => {
      isStalled = true
      await pause(1000)
      isStalled = false
    })
    if (isStalled) void stall.then(() => answer(response, 200, toy))
    else answer(response, 200, toy)
    return true
  }
}

t.test('a store that stalls for a second: the open load tells it, the closed one hides it', async (t) => {
  const options = '--processes 2 --duration 4s --buy 0'
  const open = await startFakeStore(t, { query: stallingQuery() })
  const told = await loadResult(t, open.url, `${options} --rate 200 --arrivals constant`)
  // A quarter of all was due in that second and waited for its end: evenly from 0 to 1,000 ms.
  t.ok(told.all.latency.p99! > 800, `open: p99 ${told.all.latency.p99} ms`)
  t.ok(told.all.latency.p90! > 400, `open: p90 ${told.all.latency.p90} ms`)
  const closed = await startFakeStore(t, { query: stallingQuery() })
  const hidden = await loadResult(t, closed.url, `${options} --clients 4`)
  t.ok(hidden.all.latency.p99! < 700, `closed: p99 ${hidden.all.latency.p99} ms`)
  t.ok(hidden.all.latency.max! > 800, `closed: only the maximum knows, ${hidden.all.latency.max} ms`)
})

t.test('waiting for a free client counts', async (t) => {
  const store = await startFakeStore(t, {
    query: (response) => {
      setTimeout(() => answer(response, 200, toy), 50)
      return true
    },
  })
  const { all, notes } = await loadResult(
    t,
    store.url,
    '--rate 40 --arrivals constant --clients 1 --processes 1 --duration 2s --buy 0',
  )
  t.ok(all.latency.max! > 800, `one client at 50 ms a round can begin 20 a second: ${all.latency.max} ms`)
  t.match(notes.join(), /began late, and their waiting is counted/)
})

t.test('as many rounds begin as the rate says, by either clock', async (t) => {
  const store = await startFakeStore(t)
  const constant = await loadResult(t, store.url, '--rate 100 --arrivals constant --duration 2s --buy 0')
  t.ok(constant.rounds >= 198 && constant.rounds <= 200, `${constant.rounds}`)
  const poisson = await loadResult(t, store.url, '--rate 100 --duration 2s --buy 0 --seed 5')
  // 200 with a deviation of 14.
  t.ok(poisson.rounds > 140 && poisson.rounds < 260, `${poisson.rounds}`)
  const again = await loadResult(t, store.url, '--rate 100 --duration 2s --buy 0 --seed 5')
  t.equal(again.rounds, poisson.rounds, 'one seed, one number of arrivals')
})

t.test('a rate beyond what can be sent is told, with why', async (t) => {
  const store = await startFakeStore(t)
  const { notes, load } = await loadResult(t, store.url, '--rate 1000000 --duration 1s --buy 0 --processes 1')
  t.match(notes.join(), /The rate asked for was not reached: of [\d,]+ rounds, .* never began and are in no figure/)
  t.equal(load[0]?.arrivalsPerSecond, 1_000_000)
})

t.test('stages of a rate ramp up and down', async (t) => {
  const store = await startFakeStore(t)
  const { rounds, perSecond } = await loadResult(
    t,
    store.url,
    '--stages 2s:100/s,1s:100/s,1s:0/s --arrivals constant --buy 0',
  )
  t.ok(rounds >= 245 && rounds <= 250, `${rounds}`)
  t.ok(perSecond[0]!.requests < 60, `it begins with few: ${perSecond[0]!.requests} in the first second`)
})
