/** Which shard a key belongs to: others that share the table must find it in the same. */
import t from 'tap'
import { hashOfKey, shardOf } from '../shards.ts'

t.test('a key has the hash and the shard that other programs over the same table give it', async (t) => {
  t.equal(hashOfKey('jea265'), 4937774156882590444n)
  t.equal(shardOf(hashOfKey('jea265'), 5), 4)
  t.equal(hashOfKey('ann'), 7616950475317567202n)
  t.equal(shardOf(hashOfKey('ann'), 5), 2)
})

t.test('a key is taken as UTF-8, and its hash has 63 bits', async (t) => {
  t.equal(hashOfKey('Jürgen'), hashOfKey(Buffer.from('Jürgen', 'utf8').toString('utf8')))
  t.not(hashOfKey('Jürgen'), hashOfKey('J?rgen'))
  for (let i = 0; i < 1000; i++) {
    const hash = hashOfKey(`customer ${i}`)
    t.ok(hash >= 0n && hash < 2n ** 63n)
  }
})

t.test('a hundred thousand keys fall evenly on the shards', async (t) => {
  const counts = new Array<number>(16).fill(0)
  for (let i = 0; i < 100_000; i++) counts[shardOf(hashOfKey(`customer ${i}`), 16)]! += 1
  t.ok(Math.min(...counts) > 5900 && Math.max(...counts) < 6600, `${counts}`)
})
