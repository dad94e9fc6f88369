/** Found by a benchmark: many rows that count no more, and then one that does. */
import t from 'tap'
import { realClock } from '../../../clock.ts'
import { eventually } from '../../../test/ask.ts'
import { dataDirOf } from '../../../test/store.ts'
import { realFileSystem } from '../../file-system.ts'
import { CsvMap } from '../map-engine.ts'
import { textFormat } from './text-format.ts'

t.test('values are found after a compaction that passed over tens of thousands of rows first', async (t) => {
  const files = realFileSystem
  const folder = dataDirOf(t)
  const options = { files, clock: realClock, folder, name: 'drafts', format: textFormat, ioDelayMs: 0, cacheMax: 10 }
  const { map } = await CsvMap.open({ ...options, giveUp: (error) => t.fail(`${error}`), compactBytes: 1 << 20 })
  const all = (value: string) => Array.from({ length: 20_000 }, (_, key) => [`key-${key}`, `${value}-${key}`] as const)
  await map.putAll(all('first'))
  await map.putAll(all('second'))
  await map.putAll(all('third'))
  const segments = async () => (await files.list(folder)).filter((name) => /^drafts-\d+\.csv$/.test(name))
  await eventually(
    async () => (await segments()).length === 2 && !(await files.list(folder)).some((name) => name.endsWith('.tmp')),
  )
  for (const key of [0, 1, 12_345, 19_999]) t.equal(await map.get(`key-${key}`), `third-${key}`)
  await map.close()
})
