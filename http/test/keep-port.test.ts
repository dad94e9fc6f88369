/** A port that is kept for threads, in the moment between the owner's probe and their listening. */
import { once } from 'node:events'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { pino } from 'pino'
import t from 'tap'
import { keepPort } from '../listen.ts'
import { createServer } from '../server.ts'

const host = '127.0.0.1'
const used = (port: number) => ({
  name: 'StartError',
  message: `port ${port} is in use: stop what uses it or set PORT`,
})

t.test('after it was handed to the threads, a second one that would share it is refused', async (t) => {
  const kept = await keepPort({ host, port: 0 }, 'PORT')
  t.teardown(() => kept.release())
  await kept.hand()
  for (const other of [host, '0.0.0.0', '::'])
    await t.rejects(keepPort({ host: other, port: kept.port }, 'PORT'), used(kept.port), other)
  await kept.release()
  const next = await keepPort({ host, port: kept.port }, 'PORT')
  t.equal(next.port, kept.port)
  await next.release()
})

t.test('whoever takes it then without sharing is not joined: the threads find it in use', async (t) => {
  const kept = await keepPort({ host, port: 0 }, 'PORT')
  t.teardown(() => kept.release())
  await kept.hand()
  const other = createNetServer().listen(kept.port, host)
  await once(other, 'listening')
  t.teardown(() => other.close())
  const server = createServer({ routes: [], log: pino({ level: 'silent' }) })
  await t.rejects(server.listen({ host, port: kept.port, setting: 'PORT', shared: true }), used(kept.port))
})

t.test('a program that shares its port without asking is not joined', async (t) => {
  const other = createNetServer().listen({ host, port: 0, reusePort: true })
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  await t.rejects(keepPort({ host, port }, 'PORT'), used(port))
})

t.test('before it is handed nobody else listens there', async (t) => {
  const kept = await keepPort({ host, port: 0 }, 'PORT')
  t.teardown(() => kept.release())
  const server = createServer({ routes: [], log: pino({ level: 'silent' }) })
  await t.rejects(server.listen({ host, port: kept.port, setting: 'PORT', shared: true }), used(kept.port))
})
