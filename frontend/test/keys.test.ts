import t from 'tap'
import { keySchema } from '../../order/client.ts'
import { mintKey } from '../keys.ts'

t.test('minted keys are keys, and no two are alike, over many fillings of the pool', async (t) => {
  const keys = Array.from({ length: 5000 }, mintKey)
  t.equal(new Set(keys).size, keys.length)
  t.ok(keys.every((key) => /^[0-9a-f]{32}$/.test(key) && keySchema.safeParse(key).success))
  // No two share even half of themselves: what is left of an earlier filling is given to nobody.
  t.equal(new Set(keys.flatMap((key) => [key.slice(0, 16), key.slice(16)])).size, 2 * keys.length)
})
