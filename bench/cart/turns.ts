/**
 * Carts with several numbers of shards, measured side by side: all are open, and take turns, the order reversed each time, so that
 * what the machine does meanwhile meets all of them.
 */
import type { Bench } from '../bench-run.ts'
import { median } from '../spread.ts'
import type { Bare } from './bare.ts'
import type { Engine } from './engines.ts'
import type { Opened, Times } from './hundred.ts'
import { openInProcess } from './in-process.ts'
import { openOverHttp } from './over-http.ts'
import type { Row, Way } from './result.ts'

const turns = 5

interface Measurement {
  engine: Engine
  way: Way
  shards: readonly number[]
  run: number
  warmUpMs: number
}

/** A row for each number of shards. */
export async function measureTurns(bench: Bench, measurement: Measurement, bare: Bare): Promise<Row[]> {
  const { engine, way, shards, run, warmUpMs } = measurement
  const open = way === 'in process' ? openInProcess : openOverHttp
  const all: { shards: number; opened: Opened; first: Times; times: Times[] }[] = []
  try {
    for (const count of run % 2 === 1 ? shards : shards.toReversed()) {
      const opened = await open(bench, engine, count)
      bench.closeAtEnd(opened.close)
      all.push({ shards: count, opened, first: await opened.turn(), times: [] })
    }
    for (const { opened } of all) await warmUp(opened, warmUpMs)
    for (let turn = 0; turn < turns; turn++)
      for (const { opened, times } of turn % 2 === 0 ? all : all.toReversed()) {
        times.push(await opened.turn())
        if (way === 'over HTTP') await bare.measure()
      }
    const beside = way === 'over HTTP' ? { bare: bare.take() } : {}
    return all
      .toSorted((a, b) => a.shards - b.shards)
      .map(({ shards, opened: { startMs }, first, times }) => ({
        ...{ engine: engine.name, way, shards, run, startMs, first, warm: mediansOf(times) },
        ...beside,
      }))
  } finally {
    for (const { opened } of all) await opened.close()
  }
}

async function warmUp(opened: Opened, ms: number): Promise<void> {
  const until = performance.now() + ms
  do await opened.turn()
  while (performance.now() < until)
}

const mediansOf = (times: readonly Times[]): Times => ({
  addsMs: median(times.map(({ addsMs }) => addsMs)),
  checkoutMs: median(times.map(({ checkoutMs }) => checkoutMs)),
})
