/**
 * A service as a process whose file system kills it (SIGKILL, by itself) at a call that the test names over IPC:
 * `{ arm: { call, path, nth, when } }`. Started as `node failpoint-service.ts catalog|order`; settings from the environment.
 */
import { startCatalog } from '../catalog/start.ts'
import { startOrder } from '../order/start.ts'
import { startPayment } from '../payment/start.ts'
import { runMain } from '../run-main.ts'
import { type Call, failpointFiles } from './failpoint-files.ts'

export interface Failpoint {
  call: Call
  /** A part of the file's path. */
  path: string
  /** 1 for the first such call after it was armed. */
  nth: number
  when: 'before' | 'after'
}

let armed: Failpoint | undefined
let seen = 0
process.on('message', (message: { arm?: Failpoint }) => {
  armed = message.arm
  seen = 0
  process.send?.({ armed: true })
})
if (process.env.FAILPOINT) armed = JSON.parse(process.env.FAILPOINT)

const hit = (call: Call, path: string, when: 'before' | 'after'): void => {
  if (armed === undefined || call !== armed.call || when !== armed.when || !path.includes(armed.path)) return
  seen += 1
  if (seen === armed.nth) process.kill(process.pid, 'SIGKILL')
}

const name = process.argv[2]!
const start = { catalog: startCatalog, payment: startPayment, order: startOrder }[name]!
await runMain(name, process.env, (settings, world) =>
  start(settings, { ...world, files: failpointFiles(world.files, hit) }),
)
