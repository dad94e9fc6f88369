/** How often the disk syncs at all: what a store without batches would be bound by. */
import { once } from 'node:events'
import type { Group } from '../group.ts'

export const disk: Group = {
  figures: ['fdatasync'],
  async run(bench) {
    const { process } = await bench.openCeiling('syncs.ts', `${bench.folder}/synced`)
    const syncFor = async (seconds: number): Promise<number> => {
      process.send({ seconds })
      const [{ perSecond }] = (await once(process, 'message')) as [{ perSecond: number }]
      return perSecond
    }
    await syncFor(0.2)
    const values: number[] = []
    for (let round = 1; round <= bench.rounds; round++) {
      values.push(await syncFor(1))
      bench.tell(`round ${round} of ${bench.rounds}, fdatasync: ${Math.round(values.at(-1)!)}/s`)
    }
    bench.record.push({ name: 'fdatasync', rounds: values })
    return { fdatasync: { values, beside: '' } }
  },
}
