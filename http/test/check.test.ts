import t from 'tap'
import { z } from 'zod'
import { check } from '../check.ts'

const empty = z.strictObject({})

t.test('unknown fields are named, the first few of them and not to their end', async (t) => {
  const fields = (...keys: string[]) => Object.fromEntries(keys.map((key) => [key, 0]))
  t.throws(() => check(empty, fields('price')), { message: 'unknown field "price"' })
  t.throws(() => check(empty, fields('a', 'b', 'c')), { message: 'unknown field "a", "b", "c"' })
  t.throws(() => check(empty, fields('a', 'b', 'c', 'd', 'e')), { message: 'unknown field "a", "b", "c" and 2 more' })
  t.throws(() => check(empty, fields('x'.repeat(60_000))), { message: `unknown field "${'x'.repeat(40)}"` })
})
