/** The order service as a process, on the file system that a benchmark names. Nothing imports this file. */
import { startOrder } from '../../../order/start.ts'
import { runMain } from '../../../run-main.ts'
import { filesNamed } from '../unsynced.ts'

await runMain('order', process.env, (settings, world) =>
  startOrder(settings, { ...world, files: filesNamed(process.env.BENCH_FILES, world.files) }),
)
