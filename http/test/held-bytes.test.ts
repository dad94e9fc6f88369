import t from 'tap'
import { HeldBytes } from '../held-bytes.ts'

t.test('over the limit those who have held for the longest let go, and no more of them than needed', async (t) => {
  const held = new HeldBytes<string>(100)
  const gone: string[] = []
  const hold = (who: string, bytes: number) => held.hold(who, bytes, () => gone.push(who))
  hold('a', 40)
  hold('b', 40)
  hold('a', 20)
  t.strictSame(gone, [], 'a hundred is not too much')
  hold('c', 1)
  t.strictSame(gone, ['a'], 'all that it held counts, and when it began')
  hold('d', 59)
  t.strictSame(gone, ['a'])
  hold('d', 30)
  t.strictSame(gone, ['a', 'b'])
})

t.test('what is released counts no more and is not told to let go', async (t) => {
  const held = new HeldBytes<string>(10)
  const gone: string[] = []
  for (let round = 0; round < 5; round++) {
    held.hold('a', 9, () => gone.push('a'))
    held.release('a')
    held.release('a')
  }
  held.hold('b', 10, () => gone.push('b'))
  t.strictSame(gone, [])
})

t.test('one that alone is too large lets go itself', async (t) => {
  const held = new HeldBytes<string>(10)
  let gone = 0
  held.hold('a', 11, () => gone++)
  held.hold('b', 10, () => gone++)
  t.equal(gone, 1)
})
