/** The cart service as a process, on the file system that a benchmark names. Nothing imports this file. */
import { startCart } from '../../../cart/start.ts'
import { runMain } from '../../../run-main.ts'
import { filesNamed } from '../unsynced.ts'

await runMain('cart', process.env, (settings, world) =>
  startCart(settings, { ...world, files: filesNamed(process.env.BENCH_FILES, world.files) }),
)
