/** The order service as a process. Nothing imports this file. */
import { runMain } from '../run-main.ts'
import { startOrder } from './start.ts'

await runMain('order', process.env, startOrder)
