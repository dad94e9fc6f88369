/** The front end as a process. Nothing imports this file. */
import { runMain } from '../run-main.ts'
import { startFrontend } from './start.ts'

await runMain('frontend', process.env, startFrontend)
