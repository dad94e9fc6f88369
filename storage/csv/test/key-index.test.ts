import t from 'tap'
import { KeyIndex, keysRemembered } from '../key-index.ts'

t.test('the last 1,048,576 keys are found, and older ones are forgotten', (t) => {
  const index = new KeyIndex()
  const count = keysRemembered + 1000
  for (let number = 1; number <= count; number++) index.add(`key-${number}`, number)
  t.equal(keysRemembered, 1_048_576)
  let lost = 0
  for (let number = 1001; number <= count; number += 7) if (!index.find(`key-${number}`).includes(number)) lost += 1
  t.equal(lost, 0)
  for (const number of [1001, count]) t.strictSame(index.find(`key-${number}`), [number])
  for (const number of [1, 500, 1000]) t.strictSame(index.find(`key-${number}`), [])
  t.strictSame(index.find('never given'), [])
  t.end()
})

t.test('an index of few keys forgets the older ones', (t) => {
  const index = new KeyIndex(8)
  for (let number = 1; number <= 20; number++) index.add(`key-${number}`, number)
  t.strictSame(
    Array.from({ length: 20 }, (_, i) => i + 1).filter((number) => index.find(`key-${number}`).includes(number)),
    [13, 14, 15, 16, 17, 18, 19, 20],
  )
  t.end()
})

t.test('numbers may come in any order, and one too old changes nothing', (t) => {
  const index = new KeyIndex()
  index.add('new', keysRemembered + 5)
  index.add('next', keysRemembered + 6)
  for (let number = keysRemembered + 4; number >= 1; number--) index.add(`old-${number}`, number)
  t.strictSame(index.find('new'), [keysRemembered + 5])
  t.strictSame(index.find('next'), [keysRemembered + 6])
  t.strictSame(index.find('old-7'), [7])
  t.strictSame(index.find('old-6'), [], 'it is 1,048,576 numbers ago')
  t.end()
})

t.test('a key that comes again after 1,048,576 others takes the place of its first number', (t) => {
  const index = new KeyIndex()
  index.add('again', 5)
  index.add('again', 5 + keysRemembered)
  t.strictSame(index.find('again'), [5 + keysRemembered])
  t.end()
})

t.test('of two keys with one hash both numbers are named, for the rows to tell', (t) => {
  const index = new KeyIndex()
  index.add('same', 3)
  index.add('same', 9)
  t.strictSame(index.find('same').sort(), [3, 9])
  t.end()
})
