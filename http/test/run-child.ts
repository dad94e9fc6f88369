/** A service for run.test.ts. The first argument says how it behaves. */
import { StartError } from '../../errors.ts'
import { createLog } from '../log.ts'
import { runService } from '../run.ts'
import { createServer } from '../server.ts'

const behaviour = process.argv[2]
const log = createLog('child', 'info')

await runService({
  name: 'child',
  log,
  async start() {
    if (behaviour === 'misconfigured') throw new StartError('PORT must be a number')
    if (behaviour === 'broken') throw new Error('broken')
    const server = createServer({ routes: [], log })
    const { url } = await server.listen({ host: '127.0.0.1', port: 0 })
    return {
      url,
      async close() {
        await server.close({ graceMs: 0 })
        process.stdout.write('closed\n')
        if (behaviour === 'stuck') await new Promise(() => setInterval(() => {}, 1_000))
      },
    }
  },
})
