/** Payment as a process. Nothing imports this file. */
import { runMain } from '../run-main.ts'
import { startPayment } from './start.ts'

await runMain('payment', process.env, startPayment)
