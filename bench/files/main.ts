/**
 * The whole store as `npm start` has it, but the services that own data do so on the file system that `BENCH_FILES` names.
 * Nothing imports this file.
 */
import { fileURLToPath } from 'node:url'
import { Supervisor } from '../../supervisor.ts'

const services = [
  { name: 'catalog', port: 'CATALOG_PORT', program: './catalog/main.ts' },
  { name: 'order', port: 'ORDER_PORT', program: './order/main.ts' },
  { name: 'frontend', port: 'PORT', program: '../../frontend/main.ts' },
]

const env = { ...process.env }
const supervisor = new Supervisor(console.error, env, (code) => process.exit(code))
process.on('SIGTERM', () => void supervisor.stop().then(() => process.exit()))

let url = ''
for (const { name, port, program } of services) {
  url = await supervisor.start({ name, path: fileURLToPath(new URL(program, import.meta.url)) }).ready
  env[port] = new URL(url).port
}
console.log(`The toy store is open at ${url}`)
