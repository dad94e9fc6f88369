import t from 'tap'
import { randomFrom } from '../../test/random.ts'
import { PlaceIndex } from '../place-index.ts'

const seed = Number(process.env.SEED ?? 1)

for (const bits of [0xffffffff, 0xfff, 3, 0])
  t.test(
    `places are added, moved and removed as in a plain map, with ${bits.toString(2).length} bits of a hash`,
    (t) => {
      t.comment(`seed ${seed}`)
      const random = randomFrom(seed)
      const index = new PlaceIndex({ bits, seed })
      const places = new Map<string, number>()
      const keysCount = bits > 3 ? 3000 : 60
      for (let step = 1; step <= 20_000; step++) {
        const key = `key-${Math.floor(random() * keysCount)}`
        const old = places.get(key)
        const place = step * 2 ** 33 + step
        index.take(key)
        if (old === undefined) index.add(place)
        else if (random() < 0.5) t.ok(index.replace(old, place)) || t.bailout(key)
        else t.ok(index.remove(old)) || t.bailout(key)
        index.take(key)
        if (old !== undefined && index.has(old)) t.fail(`the old place of ${key} is left`)
        if (old === undefined || index.has(place)) places.set(key, place)
        else places.delete(key)
      }
      t.equal(index.size, places.size)
      let lost = 0
      let several = 0
      for (const [key, place] of places) {
        index.take(key)
        const found = index.places()
        if (!found.includes(place)) lost += 1
        if (found.length > 1) several += 1
        if (index.only() !== (found.length > 1 ? -1 : place)) lost += 1
      }
      t.equal(lost, 0)
      t.equal(several > 0, bits <= 3, 'several keys share a hash where it has few bits')
      t.end()
    },
  )

t.test('a key in bytes is the same key as in a string, where it is ASCII', (t) => {
  const index = new PlaceIndex()
  index.take('cart-17')
  index.add(42)
  t.ok(index.takeBytes(Buffer.from('a,cart-17,b'), 2, 9))
  t.equal(index.only(), 42)
  t.notOk(index.takeBytes(Buffer.from('wägen'), 0, 6))
  t.end()
})

t.test('of 300,000 keys each takes 20 to 45 bytes', (t) => {
  const index = new PlaceIndex()
  for (let i = 1; i <= 300_000; i++) {
    index.take(`draft-${i}`)
    index.add(i)
  }
  const each = index.bytes / 300_000
  t.comment(`${each.toFixed(1)} bytes each`)
  t.ok(each > 20 && each < 45)
  t.end()
})
