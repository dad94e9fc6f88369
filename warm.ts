/**
 * Run by `npm ci`: Node keeps what it has compiled (NODE_COMPILE_CACHE), so that the first start is as quick and small as
 * any. Each program is started with a setting that it refuses: by then it has loaded everything, and has done nothing. What a
 * service loads only when it is asked for `/metrics` is loaded here.
 */
import { spawnSync } from 'node:child_process'
import './http/metrics-text.ts'

for (const program of ['start.ts', 'order/main.ts', 'frontend/main.ts'])
  spawnSync(process.execPath, [...process.execArgv, program], {
    env: { ...process.env, PORT: 'none' },
    stdio: 'ignore',
  })
