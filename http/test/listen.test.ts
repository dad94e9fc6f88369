import { createServer as createNodeServer } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { pino } from 'pino'
import t from 'tap'
import { StartError } from '../../errors.ts'
import { listen } from '../listen.ts'
import { createServer } from '../server.ts'
import { serve } from './harness.ts'

t.test('a port that stays in use is named with its setting', async (t) => {
  const { port } = await serve(t, [])
  const second = createServer({ routes: [], log: pino({ level: 'silent' }) })
  const refused = second.listen({ host: '127.0.0.1', port, setting: 'CATALOG_PORT' })
  const message = `port ${port} is in use: stop what uses it or set CATALOG_PORT`
  await t.rejects(refused, { name: 'StartError', message })
})

t.test('a port that becomes free in time is taken', async (t) => {
  const dying = createNetServer()
  const port = await new Promise<number>((resolve) => {
    dying.listen(0, '127.0.0.1', () => resolve((dying.address() as { port: number }).port))
  })
  const server = createServer({ routes: [], log: pino({ level: 'silent' }) })
  t.teardown(() => server.close({ graceMs: 0 }))
  setTimeout(() => dying.close(), 250)
  t.same(await server.listen({ host: '127.0.0.1', port }), { host: '127.0.0.1', port, url: `http://127.0.0.1:${port}` })
})

t.test('a host that is not ours, and a port that is not allowed, are for a person to mend', async (t) => {
  await t.rejects(listen(createNodeServer(), { host: '192.0.2.1', port: 0 }), {
    name: 'StartError',
    message: /set HOST/,
  })
  const server = createNodeServer()
  server.listen = () => {
    queueMicrotask(() => server.emit('error', Object.assign(new Error('no'), { code: 'EACCES' })))
    return server
  }
  const refused = listen(server, { host: '127.0.0.1', port: 80 }, 'PORT')
  await t.rejects(refused, new StartError('port 80 may not be used by this user: set PORT'))
})
