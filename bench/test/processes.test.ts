import { fork } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { cpuSeconds, residentBytes, ticksOf } from '../processes.ts'

t.test("a program's name with spaces and brackets moves no field", async (t) => {
  t.equal(ticksOf('12 (a b) c) S 1 2 3 4 5 6 7 8 9 10 111 22 33 44 20 0'), 133)
})

t.test('the time that this process has taken is what the system says of it', async (t) => {
  const own = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  const before = own()
  while (own() - before < 0.1);
  const [from, seen, to] = [own(), cpuSeconds([process.pid]), own()]
  t.ok(seen >= from - 0.05 && seen <= to + 0.05, `${seen} is within ${from} to ${to}`)
  t.equal(cpuSeconds([]), 0)
})

t.test('memory is bytes, and that of several processes is their sum', async (t) => {
  const own = residentBytes([process.pid])
  const told = process.memoryUsage.rss()
  t.ok(own > told / 2 && own < told * 2, `${own} is about ${told}`)
  t.ok(residentBytes([process.pid, process.ppid]) > own / 2)
})

t.test('a process that has gone is no process that took nothing', async (t) => {
  const child = fork('-e', [], { execArgv: ['-e', ''], env: {} })
  await once(child, 'exit')
  t.throws(() => cpuSeconds([child.pid!]), { code: 'ENOENT' })
})
