/**
 * The whole store as `npm start` has it, but the services that own data do so on the file system that `BENCH_FILES` names.
 * Nothing imports this file.
 */
import { fileURLToPath } from 'node:url'
import { nodeOptions, services } from '../../programs.ts'
import { Supervisor } from '../../supervisor.ts'

const folderOf = (name: string): string => (name === 'frontend' ? '../..' : '.')

const env = { ...process.env }
const supervisor = new Supervisor(console.error, env, (code) => process.exit(code))
process.on('SIGTERM', () => void supervisor.stop().then(() => process.exit()))

let url = ''
for (const { name, port } of services) {
  const path = fileURLToPath(new URL(`${folderOf(name)}/${name}/main.ts`, import.meta.url))
  url = await supervisor.start({ name, path, options: nodeOptions }).ready
  env[port] = new URL(url).port
}
console.log(`The toy store is open at ${url}`)
