import fc from 'fast-check'
import t from 'tap'
import { runs } from '../../test/seed.ts'
import { SortedNames } from '../sorted-names.ts'

const many = Array.from({ length: 50_000 }, (_, i) => `toy ${(i * 7919) % 50_021}`)

t.test('names come in code-unit order, and stay so as names come and go', (t) => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 })
  const property = fc.property(
    fc.uniqueArray(name),
    fc.array(name),
    name,
    fc.nat(5),
    (first, changes, after, limit) => {
      const names = new SortedNames(first)
      const there = new Set(first)
      for (const each of changes)
        if (there.delete(each)) names.remove(each)
        else {
          there.add(each)
          names.add(each)
        }
      const wanted = [...there].sort()
      t.strictSame(names.all, wanted)
      t.strictSame(names.page(after, limit), wanted.filter((each) => each > after).slice(0, limit))
    },
  )
  t.doesNotThrow(() => fc.assert(property, runs(500)))
  t.end()
})

t.test('very many names are sorted in many steps, few in one, and who asks before the last has them all', (t) => {
  const few = new SortedNames(['b', 'a'])
  few.step()
  t.ok(few.isSorted)
  let steps = 0
  const names = new SortedNames(many)
  for (; !names.isSorted; steps++) names.step()
  t.ok(steps >= 100, `${steps} steps`)
  t.strictSame(names.all, many.toSorted())
  const asked = new SortedNames(many)
  for (let i = 0; i < 20; i++) asked.step()
  t.notOk(asked.isSorted)
  t.strictSame(asked.page('toy 3', 2), ['toy 30', 'toy 300'])
  t.end()
})

t.test('a name that is not there is not taken out in place of another', (t) => {
  const names = new SortedNames(['a', 'c'])
  names.remove('b')
  t.strictSame(names.all, ['a', 'c'])
  t.end()
})
