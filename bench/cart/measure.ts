/** All that is measured, in its order: each run goes over all engines and ways; the numbers of shards take turns within them. */
import { counted, milliseconds } from '../../client/report/numbers.ts'
import type { Bench } from '../bench-run.ts'
import { cartAdds1, cartAdds256 } from '../groups/carts.ts'
import { type Line, lineOf } from '../table.ts'
import { openBare } from './bare.ts'
import { type Engine, enginesOf } from './engines.ts'
import { linesOf } from './figures.ts'
import { memoryOfCart } from './memory.ts'
import { measureMillion } from './million.ts'
import type { Plan } from './options.ts'
import { type CartResult, type Memory, type Row, ways } from './result.ts'
import { measureTurns } from './turns.ts'

/** `account`: the connection string to use in place of azurite. Throws where anything but Azure fails. */
export async function measureAll(
  bench: Bench,
  plan: Plan,
  account: string | undefined,
): Promise<Pick<CartResult, 'rows' | 'memory' | 'million' | 'lines' | 'notes'> & { failed: boolean }> {
  const engines = enginesOf(bench, plan.engines, account)
  const notes = engines.flatMap(({ missing }) => missing ?? [])
  for (const note of notes) bench.tell(note)
  const { rows, failures } = await measureRows(
    bench,
    plan,
    engines.filter(({ missing }) => missing === undefined),
  )
  await bench.close()
  const memory = plan.engines.includes('local') ? await measureMemory(bench, plan) : []
  const loads = plan.engines.includes('local') ? await measureLoads(bench) : []
  const million = plan.million ? await measureMillion(bench) : undefined
  return {
    rows,
    memory,
    ...(million && { million }),
    lines: [...linesOf(rows, memory), ...loads],
    notes: [...notes, ...failures],
    failed: failures.length > 0,
  }
}

async function measureRows(
  bench: Bench,
  { runs, shards, warmUpMs }: Plan,
  engines: readonly Engine[],
): Promise<{ rows: Row[]; failures: string[] }> {
  const rows: Row[] = []
  const failures: string[] = []
  const broken = new Set<Engine>()
  const bare = await openBare(bench, warmUpMs)
  for (let run = 1; run <= runs; run++)
    for (const engine of engines.filter((each) => !broken.has(each)))
      try {
        for (const way of ways) {
          const found = await measureTurns(bench, { engine, way, shards, run, warmUpMs }, bare)
          rows.push(...found)
          for (const row of found) bench.tell(rowLine(row, runs))
        }
      } catch (error) {
        if (engine.name === 'local') throw error
        broken.add(engine)
        failures.push(`${engine.name} is left out from run ${run} on: ${(error as Error).message}`)
        bench.tell(failures.at(-1)!)
      }
  return { rows, failures }
}

const rowLine = ({ engine, way, shards, run, startMs, first, warm }: Row, runs: number): string => {
  const times = ({ addsMs, checkoutMs }: Row['warm']): string =>
    `${milliseconds(addsMs)} and ${milliseconds(checkoutMs)} ms`
  return `run ${run} of ${runs}, ${engine}, ${way}, ${counted(shards, 'shard')}: open after ${milliseconds(startMs)} ms; 100 adds and checkout first ${times(first)}, then ${times(warm)}`
}

/** With the fewest shards and the most. */
async function measureMemory(bench: Bench, { runs, shards, carts }: Plan): Promise<Memory[]> {
  const counts = [...new Set([shards[0]!, shards.at(-1)!])]
  const memory: Memory[] = []
  for (let run = 1; run <= runs; run++)
    for (const count of run % 2 === 1 ? counts : counts.toReversed()) {
      const held = await memoryOfCart(bench, count, carts)
      memory.push({ shards: count, run, carts, ...held })
      bench.tell(
        `run ${run} of ${runs}, memory, ${counted(count, 'shard')}: ${held.heldBytes.toFixed(1)} bytes a cart, resident ${held.residentBytes.toFixed(1)}`,
      )
    }
  return memory
}

async function measureLoads(bench: Bench): Promise<Line[]> {
  const lines: Line[] = []
  for (const group of [cartAdds256, cartAdds1]) {
    const outcome = await group.run(bench)
    await bench.close()
    lines.push(...group.figures.map((name) => lineOf(name, outcome[name]!)))
  }
  return lines
}
