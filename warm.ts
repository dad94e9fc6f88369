/**
 * Run by `npm ci`: Node keeps what it has compiled (NODE_COMPILE_CACHE), so that the first start is as quick and small as
 * any. Each program is started with a setting that it refuses: by then it has loaded everything, and has done nothing. What a
 * service loads only when it is asked for `/metrics` is loaded here. Node keeps it by its options, so these are the same.
 */
import { spawnSync } from 'node:child_process'
import './http/metrics-text.ts'
import { nodeOptions, services, workerOptions } from './programs.ts'

const started = process.execArgv // as `npm start` is
const programs = [
  { path: 'start.ts', options: started },
  ...services.map(({ name }) => ({ path: `${name}/main.ts`, options: [...started, ...nodeOptions] })),
  // Not there in a service's image.
  { path: 'client/main.ts', options: [] },
  { path: 'client/load/worker.ts', options: workerOptions },
]
for (const { path, options } of programs)
  spawnSync(process.execPath, [...options, path], { env: { ...process.env, PORT: 'none' }, stdio: 'ignore' })
