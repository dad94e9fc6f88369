/** The catalog as a process, on the file system that a benchmark names. Nothing imports this file. */
import { startCatalog } from '../../../catalog/start.ts'
import { runMain } from '../../../run-main.ts'
import { filesNamed } from '../unsynced.ts'

await runMain('catalog', process.env, (settings, world) =>
  startCatalog(settings, { ...world, files: filesNamed(process.env.BENCH_FILES, world.files) }),
)
