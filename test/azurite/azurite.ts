/** Azure's table service on this machine, in memory, as long as a test needs it. `npm run test:azure` installs it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { emulatorString } from '../../storage/azure/test/fake-tables.ts'
import { freePort } from '../free-port.ts'

const program = fileURLToPath(new URL('node_modules/azurite/dist/src/table/main.js', import.meta.url))
const options = ['--inMemoryPersistence', '--disableTelemetry', '--silent', '--skipApiVersionCheck']
const patienceMs = 30_000

export interface Azurite {
  connectionString: string
  end(): Promise<void>
}

/** Resolves when it answers. */
export async function startAzurite(): Promise<Azurite> {
  const port = await freePort()
  const address = ['--tableHost', '127.0.0.1', '--tablePort', String(port)]
  const { NODE_OPTIONS: _, ...env } = process.env // tap's own would be taken over
  const child = spawn(process.execPath, [program, ...options, ...address], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
  const ended = once(child, 'exit')
  const end = performance.now() + patienceMs
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`azurite ended with exit code ${child.exitCode}`)
    if (performance.now() > end) {
      child.kill('SIGKILL')
      throw new Error('azurite does not answer')
    }
    await pause(50)
  }
  return {
    connectionString: emulatorString(port),
    async end() {
      child.kill('SIGKILL') // it keeps nothing
      await ended
    },
  }
}

/** Whatever it is. */
const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  )
