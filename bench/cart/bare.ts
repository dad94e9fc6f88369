/** What the least that an add must do takes beside it: requests to a bare server, and syncs of a line, on the same disk. */
import { once } from 'node:events'
import type { Bench } from '../bench-run.ts'
import { median } from '../spread.ts'
import { httpDoor } from './over-http.ts'
import type { Row } from './result.ts'

const hopsEach = 100
const syncSeconds = 0.1

export interface Bare {
  /** Both, once. */
  measure(): Promise<void>
  /** Medians since the last time. */
  take(): NonNullable<Row['bare']>
}

/** With a client as that of the store has, warmed up as long. */
export async function openBare(bench: Bench, warmUpMs: number): Promise<Bare> {
  const echo = await bench.openCeiling('echo.ts')
  const { process } = await bench.openCeiling('syncs.ts', `${bench.folder}/synced`)
  const door = httpDoor(echo.url)
  bench.closeAtEnd(() => door.close())
  let hops: number[] = []
  let syncs: number[] = []
  const measure = async (): Promise<void> => {
    const began = performance.now()
    for (let item = 0; item < hopsEach; item++) await door.add('bare', item)
    hops.push((performance.now() - began) / hopsEach)
    process.send({ seconds: syncSeconds })
    const [{ perSecond }] = (await once(process, 'message')) as [{ perSecond: number }]
    syncs.push(1000 / perSecond)
  }
  const take = (): NonNullable<Row['bare']> => {
    const taken = { hopMs: median(hops), syncMs: median(syncs) }
    ;[hops, syncs] = [[], []]
    return taken
  }
  const until = performance.now() + warmUpMs
  do await measure()
  while (performance.now() < until)
  take()
  return { measure, take }
}
