/** Payment as a process, on the file system that a benchmark names. Nothing imports this file. */
import { startPayment } from '../../../payment/start.ts'
import { runMain } from '../../../run-main.ts'
import { filesNamed } from '../unsynced.ts'

await runMain('payment', process.env, (settings, world) =>
  startPayment(settings, { ...world, files: filesNamed(process.env.BENCH_FILES, world.files) }),
)
