/** Thousands of random changes, many at the same time, against a plain Map: over real files, restarts, and keys that share a hash. */
import { randomInt } from 'node:crypto'
import t from 'tap'
import { randomFrom } from '../../test/random.ts'
import { allOf, openMap } from './map-harness.ts'

const given = Number(process.env.SEED)
const seed = process.env.SEED !== undefined && Number.isSafeInteger(given) ? given : randomInt(2 ** 31)

for (const hashBits of [0xffffffff, 7, 0])
  t.test(`whatever is changed, the map holds what a plain one does; a hash has ${hashBits.toString(2)}`, async (t) => {
    t.comment(`seed ${seed}`)
    const random = randomFrom(seed)
    const below = (most: number) => Math.floor(random() * most)
    const folder = t.testdir()
    const plain = new Map<string, string>()
    const keyOf = (i: number) => (i % 3 === 0 ? `Bär "${i}", groß` : `key ${i}`)
    const keysCount = hashBits > 7 ? 120 : 25
    let made = 0
    let changes = 0
    let compactions = 0
    for (let life = 0; life < 8; life++) {
      const options = { hashBits, cacheMax: below(3) * 20, compactBytes: 1000 + below(5000) }
      const { map, notes, files } = await openMap(t, folder, options)
      for (let round = 0; round < 25; round++) {
        const asked: Promise<void>[] = []
        for (let i = below(12); i >= 0; i--) {
          const key = keyOf(below(keysCount))
          const kind = below(10)
          changes += 1
          if (kind < 6) {
            const next = `${plain.get(key)?.slice(-below(200)) ?? ''} ${++made}`
            const seen = plain.get(key)
            plain.set(key, next)
            asked.push(
              map.update(key, (value) => (value === seen ? next : 'wrong')).then((is) => check(is === next, key)),
            )
          } else if (kind < 8) {
            plain.delete(key)
            asked.push(map.delete(key))
          } else {
            const entries = Array.from(
              { length: below(8) },
              (_, j) => [keyOf(below(keysCount)), `put ${made} ${j}`] as const,
            )
            for (const [each, value] of entries) plain.set(each, value)
            asked.push(map.putAll(entries))
          }
          if (below(4) === 0) void map.get(keyOf(below(keysCount))).catch(() => {}) // it only fills the memory
        }
        await Promise.all(asked)
        const key = keyOf(below(keysCount))
        check((await map.get(key)) === plain.get(key), key)
        if (round % 10 === 0) check(JSON.stringify(await allOf(map)) === JSON.stringify(sorted(plain)), 'all entries')
        check(map.size === plain.size, 'the size')
      }
      compactions += files.count('rename', '.csv')
      t.strictSame(notes, [])
      await map.close()
    }
    const { map } = await openMap(t, folder)
    t.strictSame(await allOf(map), sorted(plain))
    t.ok(compactions > 0, 'segments are made small now and then')
    t.comment(`${changes} changes, ${plain.size} entries at the end`)
    await map.close()
  })

/** One of very many: only a wrong one is told. */
function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(`${what} is wrong; seed ${seed}`)
}

const sorted = (plain: ReadonlyMap<string, string>) => [...plain].sort(([a], [b]) => (a < b ? -1 : 1))
