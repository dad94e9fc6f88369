/** The cart service as a process. Nothing imports this file. */
import { runMain } from '../run-main.ts'
import { startCart } from './start.ts'

await runMain('cart', process.env, startCart)
