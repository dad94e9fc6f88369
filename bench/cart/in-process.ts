/** The carts without HTTP: the map and what is made of it, in a process of their own. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Bench } from '../bench-run.ts'
import type { Engine } from './engines.ts'
import type { Opened, Times } from './hundred.ts'

export async function openInProcess(bench: Bench, engine: Engine, shards: number): Promise<Opened> {
  const folder = mkdtempSync(`${bench.folder}/carts-`)
  const begun = await engine.begin()
  const child = await bench.openCeiling(new URL('./programs/in-process.ts', import.meta.url).href, folder)
  const ended = once(child.process, 'exit').then(() => undefined)
  const told = async <Answer>(question: unknown): Promise<Answer> => {
    child.process.send(question as object)
    const answer = await Promise.race([once(child.process, 'message'), ended])
    if (answer === undefined) throw new Error('the carts in a process of their own ended')
    return answer[0] as Answer
  }
  const env = { DATA_DIR: folder, SHARDS: String(shards), ...begun.env }
  const { startMs } = await told<{ startMs: number }>({ env })
  let closed = false
  return {
    startMs,
    turn: () => told<Times>({}),
    async close() {
      if (closed) return
      closed = true
      await child.close()
      await begun.close()
      rmSync(folder, { recursive: true })
    },
  }
}
