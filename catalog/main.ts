/** The catalog as a process. Nothing imports this file. */
import { runMain } from '../run-main.ts'
import { startCatalog } from './start.ts'

await runMain('catalog', process.env, startCatalog)
