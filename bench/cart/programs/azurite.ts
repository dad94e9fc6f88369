/** Azurite's tables as they are started by its own command, in memory. Arguments: its program, its port. Ends with its parent. */
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [program, port] = process.argv.slice(2) as [string, string]
process.on('disconnect', () => process.exit())

console.log = () => {}
const options = ['--inMemoryPersistence', '--silent', '--disableTelemetry', '--skipApiVersionCheck']
process.argv = [process.execPath, program, ...options, '--tableHost', '127.0.0.1', '--tablePort', port]
await import(pathToFileURL(program).href)

const patienceMs = 20_000
for (const until = performance.now() + patienceMs; ; ) {
  const answers = await fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  )
  if (answers) break
  if (performance.now() > until) throw new Error(`azurite did not listen within ${patienceMs} ms`)
  await pause(20)
}
process.send?.({ port: Number(port) })
