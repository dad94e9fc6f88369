/** What came twice is found in whatever memory there is, and nothing else is taken for it. */
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { realFileSystem } from '../../../storage/file-system.ts'
import { readOrders } from '../orders.ts'
import { Filter, Hash, repeatLimits } from '../repeats.ts'

const header = 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at'
const path = `${t.testdir()}/orders.csv`
const count = 20_000

/** `twice`: rows that have the key and the attempt of the one 5,000 before. */
function write(twice: readonly number[]): void {
  const rows = Array.from({ length: count }, (_, i) => {
    const id = twice.includes(i) ? i - 5000 : i
    return `${i + 1},1 of 1,Tux,1,25.99,,,key-${id},a1-${id},2026-11-21T09:00:00.000Z\n`
  })
  writeFileSync(path, `${header}\n${rows.join('')}`)
}

for (const [what, limits] of [
  ['the usual memory', repeatLimits],
  ['a filter that takes most for old ones', { filterBytes: 1024, partBytes: 2 ** 31 }],
  ['a file of many parts', { filterBytes: 1 << 16, partBytes: 300_000 }],
] as const)
  t.test(`with ${what}`, async (t) => {
    const read = async () => (await readOrders(path, { sold() {} }, realFileSystem, limits)).differences
    write([])
    t.strictSame(await read(), [], 'nothing came twice')
    write([7000, 19_999])
    t.strictSame(
      (await read()).sort(),
      [
        `${path}:20001: attempt a1-14999 has another order`,
        `${path}:20001: key key-14999 has another order`,
        `${path}:7002: attempt a1-2000 has another order`,
        `${path}:7002: key key-2000 has another order`,
      ],
      'each is told with its line',
    )
  })

t.test('a filter of the size that ten million orders have knows few texts that it never met', async (t) => {
  // As many texts a block as there are then, in a hundredth of the memory.
  const filter = new Filter(Number.POSITIVE_INFINITY, (64 << 20) / 100)
  const hash = new Hash()
  let wrong = 0
  for (let i = 0; i < 200_000; i++) if (filter.add(hash.ofText(`a1-${i}`))) wrong += 1
  t.ok(wrong < 20, `${wrong} of 200,000`)
  for (let i = 0; i < 200_000; i++) if (!filter.add(hash.ofText(`a1-${i}`))) t.fail(`a1-${i} was forgotten`)
})

t.test('a file that is wrong in every row is told of in so many sentences as a person can read', async (t) => {
  const rows = Array.from(
    { length: 10_500 },
    (_, i) => `${i + 1},1 of 1,Tux,1,25.9,,,k${i},a1-${i},2026-11-21T09:00:00.000Z\n`,
  )
  writeFileSync(path, `${header}\n${rows.join('')}`)
  const { differences } = await readOrders(path, { sold() {} })
  t.equal(differences.length, 10_001)
  t.equal(differences.at(-1), `${path}: 500 more differences in this file`)
})

t.test('progress rises to the end, and says 1 there', async (t) => {
  write([7000])
  const shares: number[] = []
  await readOrders(path, { sold() {}, progress: (share) => shares.push(share) })
  t.equal(shares.at(-1), 1)
  t.ok(shares.length > 2)
  t.strictSame(
    shares,
    shares.toSorted((a, b) => a - b),
  )
})
