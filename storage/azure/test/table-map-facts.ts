/** What is true of the map on tables over any table service: the one in memory, Azurite, and Azure itself. */
import type { Test } from 'tap'
import { allOf } from '../../csv/test/map-harness.ts'
import { hashOfKey } from '../../shards.ts'
import type { TableMap } from '../table-map.ts'
import { type OpenTable, ownTable } from './harness.ts'
import { type Sent, type Strike, Wire, type WireFault } from './wire.ts'

const isWrite = ({ method, url }: Sent): boolean => method !== 'GET' && !url.includes('/Tables')

/** Such a fault for the first so many writes of one row. */
const onWrites = (fault: WireFault, count = 1): Strike => {
  let left = count
  return (sent) => (isWrite(sent) && left-- > 0 ? fault : undefined)
}

/** A map whose start is behind it, and what its next requests meet. */
async function struckBy(
  table: OpenTable,
  strike: Strike,
  callMs?: number,
): Promise<{ map: TableMap<string>; wire: Wire }> {
  const wire = new Wire()
  const map = await table.open({ wire, ...(callMs === undefined ? {} : { callMs }) })
  wire.strike = strike
  wire.sent.length = 0
  return { map, wire }
}

const add = (map: TableMap<string>, key: string, letter = 'x') => map.update(key, (value = '') => value + letter)

/** `page`: so many rows the service gives at a time. */
export function facts(t: Test, connectionString: string, { page }: { page: number }): void {
  const test = (title: string, work: (t: Test, table: OpenTable) => Promise<void>) =>
    t.test(title, (t) => work(t, ownTable(t, connectionString)))

  test('a missing table is made, and an entry is the row that other programs know', async (t, { raw, open, notes }) => {
    const map = await open()
    await map.update('jea265', () => 'a cart')
    const {
      etag,
      timestamp,
      'odata.metadata': _,
      Written,
      ...row
    } = await raw.getEntity('ShoppingCart004', '4937774156882590444')
    t.strictSame(row, {
      partitionKey: 'ShoppingCart004',
      rowKey: '4937774156882590444',
      CustomerId: 'jea265',
      ProductItems: '"a cart"',
      LastOrder: '',
      LastAttempt: '',
    })
    t.match(Written, /^[\w-]{16}$/)
    t.equal(await map.get('jea265'), 'a cart')
    t.equal(await map.get('ann'), undefined)
    await map.delete('jea265')
    await map.delete('jea265')
    t.equal(await map.get('jea265'), undefined)
    t.strictSame(await allOf(map), [])
    t.strictSame(notes, [])
  })

  const isHere = connectionString.includes('//127.0.0.1:')
  // In Azure itself a table's name is free again only after half a minute.
  if (isHere)
    test('the table is made anew where somebody removes it', async (t, { raw, open, notes }) => {
      const map = await open()
      await raw.deleteTable()
      t.equal(await map.get('ann'), undefined)
      await t.rejects(add(map, 'ann'), { code: 'unavailable' })
      await until(async () => (await add(map, 'ann').catch(() => undefined)) !== undefined)
      t.match(notes, [/the table is gone/, /can be used again/])
    })

  test('a row of another program is read and changed, and keeps what only that one knows', async (t, { raw, open }) => {
    await raw.createTable()
    const place = { partitionKey: 'ShoppingCart002', rowKey: String(hashOfKey('ann')) }
    await raw.createEntity({ ...place, CustomerId: 'ann', ProductItems: '"old"', Note: 'theirs' })
    const map = await open()
    t.equal(await map.get('ann'), 'old')
    t.strictSame(await allOf(map), [['ann', 'old']])
    t.equal(await add(map, 'ann'), 'oldx')
    t.match(await raw.getEntity(place.partitionKey, place.rowKey), { ProductItems: '"oldx"', Note: 'theirs' })
    await raw.updateEntity({ ...place, CustomerId: 'ann', ProductItems: '"theirs"' }, 'Replace')
    t.equal(await add(map, 'ann'), 'theirsx', 'nothing is answered from memory')
  })

  test('of 400 changes of one key by two programs at the same time none is lost', async (t, { open }) => {
    const maps = [await open(), await open()]
    const answers = await Promise.all(Array.from({ length: 400 }, (_, i) => add(maps[i % 2]!, 'ann')))
    t.equal((await maps[0]!.get('ann'))!.length, 400)
    t.equal(new Set(answers).size, 400, 'each is answered with its own')
  })

  test('changes of one key that wait are one read and one write, each with its own answer or throw', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined)
    await add(map, 'ann', 'a')
    const refused = new Error('not this one')
    const answers = await Promise.allSettled([
      add(map, 'ann', 'b'), // goes at once, alone
      add(map, 'ann', 'c'),
      map.update('ann', () => {
        throw refused
      }),
      map.update('ann', () => 'z'.repeat(32_767)),
      map.update('ann', (value) => value),
      add(map, 'ann', 'd'),
    ])
    t.match(
      answers.map((each) => (each.status === 'fulfilled' ? each.value : each.reason)),
      ['ab', 'abc', refused, { code: 'bad_request' }, 'abc', 'abcd'],
    )
    t.ok(wire.sent.filter(isWrite).length <= 3, `${wire.sent.filter(isWrite).length} writes`)
  })

  test('a change that gives the very same value, or deletes nothing, writes nothing', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined)
    await map.update('ann', (value) => value)
    await map.delete('ann')
    await Promise.allSettled([add(map, 'bob'), map.delete('bob')])
    wire.sent.length = 0
    await map.update('bob', (value) => value)
    t.equal(wire.sent.filter(isWrite).length, 0)
  })

  for (const fault of ['cut', 'cut-after', 'failed', 'failed-after', 'late'] as const)
    for (const before of ['', 'a'])
      test(`a change is made once where its first request is ${fault}, ${before === '' ? 'a new key' : 'a known one'}`, async (t, table) => {
        const { map, wire } = await struckBy(table, () => undefined)
        if (before !== '') await add(map, 'ann', before)
        wire.strike = onWrites(fault)
        t.equal(await add(map, 'ann'), `${before}x`)
        t.equal(await add(map, 'ann'), `${before}xx`)
        await map.get('ann') // what is late is done
        await map.get('ann')
        t.equal(await map.get('ann'), `${before}xx`)
      })

  test('a change whose requests get no answer is outcome_unknown in time, and made once or not', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined, 600)
    wire.strike = onWrites('silent', 100)
    const began = performance.now()
    await t.rejects(add(map, 'ann'), { code: 'outcome_unknown' })
    t.ok(performance.now() - began < 2500)
    wire.strike = () => undefined
    t.equal(await map.get('ann'), 'x')
  })

  test('a deletion whose answer is lost is done; one that was decided by the value is unknown', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined)
    await add(map, 'ann')
    await add(map, 'bob')
    wire.strike = onWrites('cut-after')
    await map.delete('ann')
    wire.strike = onWrites('cut-after')
    await t.rejects(
      map.update('bob', (value) => (value === 'x' ? undefined : value)),
      { code: 'outcome_unknown' },
    )
    t.strictSame(await allOf(map), [])
  })

  for (const before of ['', 'a'])
    test(`a change whose answer is lost, and whose row another program changes then, is unknown: '${before}'`, async (t, table) => {
      const { map, wire } = await struckBy(table, () => undefined)
      const other = await table.open()
      if (before !== '') await add(map, 'ann', before)
      const { promise: changed, resolve: go } = Promise.withResolvers<undefined>()
      let writes = 0
      wire.strike = (sent) => {
        if (!isWrite(sent)) return undefined
        writes += 1
        return writes === 1 ? 'cut-after' : changed
      }
      const asked = t.rejects(add(map, 'ann', 'b'), { code: 'outcome_unknown' })
      await until(async () => writes === 2)
      t.equal(await add(other, 'ann', 'c'), `${before}bc`)
      go(undefined)
      await asked
      t.equal(await map.get('ann'), `${before}bc`, 'it was made, once')
    })

  test('a change that never left is not made, whatever another program changes meanwhile', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined)
    const other = await table.open()
    wire.strike = onWrites('cut')
    const asked = Promise.allSettled([add(map, 'ann', 'b')])
    await add(other, 'ann', 'c')
    const [outcome] = await asked
    const value = await map.get('ann')
    if (outcome.status === 'fulfilled')
      t.ok(outcome.value === 'cb' || outcome.value === 'b', outcome.value ?? 'nothing')
    else t.match([outcome.reason, value], [{ code: 'outcome_unknown' }, 'c'])
  })

  test('a deletion is decided anew where another program changes the row meanwhile', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined)
    const other = await table.open()
    await add(map, 'ann')
    const { promise: held, resolve: go } = Promise.withResolvers<undefined>()
    wire.strike = (sent) => (isWrite(sent) ? held : undefined)
    wire.sent.length = 0
    const asked = map.update('ann', (value) => (value === 'x' ? undefined : `${value}!`))
    await until(async () => wire.sent.some(isWrite))
    t.equal(await add(other, 'ann', 'y'), 'xy')
    go(undefined)
    t.equal(await asked, 'xy!')
    t.equal(await map.get('ann'), 'xy!')
  })

  test('a change whose answer is lost, and that is refused then, is unknown', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined)
    let writes = 0
    wire.retryAfter = '60'
    wire.strike = (sent) => (isWrite(sent) ? (++writes === 1 ? 'cut-after' : 'throttled') : undefined)
    await t.rejects(add(map, 'ann'), { code: 'outcome_unknown' })
    t.equal(await map.get('ann'), 'x')
  })

  test('429 is waited for as long as it says; where that is too long, nothing was changed', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined)
    wire.retryAfter = '1'
    wire.strike = onWrites('throttled')
    let began = performance.now()
    t.equal(await add(map, 'ann'), 'x')
    t.ok(performance.now() - began >= 990)
    wire.retryAfter = '60'
    wire.strike = () => 'throttled'
    began = performance.now()
    await t.rejects(add(map, 'ann'), { code: 'unavailable' })
    await t.rejects(map.get('ann'), { code: 'unavailable' })
    t.ok(performance.now() - began < 1000, 'who would wait in vain is told at once')
    wire.strike = () => undefined
    t.equal(await map.get('ann'), 'x')
  })

  test('a change that was told unavailable is not made with those that waited beside it', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined, 2500)
    const { promise: held, resolve: go } = Promise.withResolvers<undefined>()
    wire.strike = (sent) => (isWrite(sent) ? held : undefined)
    const first = add(map, 'ann', 'a')
    const second = t.rejects(add(map, 'ann', 'b'), { code: 'unavailable' })
    await new Promise((resolve) => setTimeout(resolve, 800))
    const third = add(map, 'ann', 'c')
    wire.retryAfter = '2.1'
    wire.strike = onWrites('throttled')
    go(undefined) // the first is done; the others go together, are refused, and are over at different times
    t.equal(await first, 'a')
    await second
    t.equal(await third, 'ac')
    t.equal(await map.get('ann'), 'ac')
  })

  test('while Azure is slow calls wait, and beyond their time nothing is changed', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined, 500)
    wire.slowMs = 50
    t.equal(await add(map, 'ann'), 'x')
    wire.slowMs = 700
    await t.rejects(add(map, 'ann'), { code: 'unavailable' })
    await t.rejects(map.get('ann'), { code: 'unavailable' })
    wire.slowMs = 0
    t.equal(await map.get('ann'), 'x')
  })

  test('a row that makes no sense refuses its own key alone, and is told once', async (t, { raw, open, notes }) => {
    const map = await open()
    for (const key of ['ann', 'bob', 'cyd', 'dan']) await add(map, key)
    for (const [key, properties] of [
      ['ann', { CustomerId: 'ann', ProductItems: '{' }],
      ['bob', { ProductItems: '"x"' }],
      ['cyd', { CustomerId: 'cyd', ProductItems: 5 }],
    ] as const)
      await raw.updateEntity({ ...placeOf(key), ...properties }, 'Replace')
    for (const key of ['ann', 'bob', 'cyd']) {
      await t.rejects(map.get(key), { code: 'unavailable' })
      await t.rejects(add(map, key), { code: 'unavailable' })
      await t.rejects(map.delete(key), { code: 'unavailable' })
    }
    t.strictSame(await allOf(map), [['dan', 'x']])
    t.equal(notes.length, 3)
    for (const [i, key] of ['ann', 'bob', 'cyd'].entries())
      t.ok(notes[i]!.includes(`${placeOf(key).partitionKey}/${placeOf(key).rowKey}`), notes[i] ?? 'nothing')
  })

  test('two keys that share a hash are never mixed: the second is refused', async (t, { raw, open, notes }) => {
    const map = await open()
    await add(map, 'ann')
    await raw.updateEntity({ ...placeOf('ann'), CustomerId: 'her double' }, 'Merge')
    await t.rejects(map.get('ann'), { code: 'conflict' })
    await t.rejects(add(map, 'ann'), { code: 'conflict' })
    t.strictSame(await allOf(map), [])
    t.match(notes, [/not where its key belongs/])
  })

  test('keys and values that cannot be kept are refused, the largest are kept', async (t, { open }) => {
    const map = await open()
    for (const key of ['', 'x'.repeat(301), 'a\nb', '\ud800']) {
      await t.rejects(map.get(key), { code: 'bad_request' })
      await t.rejects(add(map, key), { code: 'bad_request' })
    }
    await t.rejects(
      map.update('ann', () => 'x'.repeat(32_767)),
      { code: 'bad_request' },
    )
    const longest = "o'neill/?#% ä€😀".padEnd(300, '€')
    const largest = 'ä'.repeat(32_766)
    await map.update(longest, () => largest)
    t.ok((await map.get(longest)) === largest)
    t.strictSame(await allOf(map), [[longest, largest]])
  })

  test('more than a page of entries are all told', async (t, { open }) => {
    const map = await open()
    const keys = Array.from({ length: page + 10 }, (_, i) => `customer ${i}`)
    for (let at = 0; at < keys.length; at += 100)
      await Promise.all(keys.slice(at, at + 100).map((key) => add(map, key)))
    t.strictSame(
      (await allOf(map)).map(([key]) => key),
      keys.toSorted(),
    )
  })

  test('closing waits for what is under way, and then nothing is taken', async (t, table) => {
    const { map, wire } = await struckBy(table, () => undefined)
    wire.slowMs = 50
    const asked = add(map, 'ann')
    let answer: string | undefined
    void asked.then((value) => {
      answer = value
    })
    await map.close()
    t.equal(answer, 'x', 'answered before')
    wire.slowMs = 0
    await t.rejects(map.get('ann'), { code: 'unavailable' })
    await t.rejects(add(map, 'ann'), { code: 'unavailable' })
  })

  t.test('rows are moved where the number of shards changes, also when the start is ended anywhere', async (t) => {
    const table = ownTable(t, connectionString)
    const first = await table.open()
    const keys = Array.from({ length: 12 }, (_, i) => `customer ${i}`)
    for (const key of keys) await add(first, key, key)
    await first.close()
    await table.raw.createEntity({ partitionKey: 'ShoppingCart001', rowKey: 'a list', Note: 'of somebody else' })
    const all = keys.toSorted().map((key) => [key, key])
    const parts = async () => {
      const found = new Map<string, number>()
      for await (const { partitionKey, rowKey } of table.raw.listEntities())
        if (/^\d+$/.test(rowKey!)) found.set(rowKey!, Number(partitionKey!.replace('ShoppingCart', '')))
      return found
    }
    let [shards, ends] = [5, 0]
    for (let at = 1; ; at += 5) {
      shards = shards === 5 ? 16 : 5
      const wire = new Wire((_, number) => (number === at ? (at % 2 === 0 ? 'kill' : 'kill-after') : undefined))
      const opening = table.open({ wire, shards, callMs: 1000 })
      const isDead = await Promise.race([opening.then(() => false), wire.ended.then(() => true)])
      await wire.cut()
      void opening.then((map) => map.close())
      if (!isDead) break
      ends += 1
      // Either number may be the next one; nothing is missing with it.
      const next = await table.open({ shards: at % 3 === 0 ? 5 : 16 })
      shards = at % 3 === 0 ? 5 : 16
      t.strictSame(await allOf(next), all, `${shards} shards, after request ${at}`)
      for (const [row, part] of await parts())
        if (BigInt(row) % BigInt(shards) !== BigInt(part)) t.fail(`${row} is in ${part}`)
      await next.close()
    }
    t.ok(ends > 5, `${ends} ends`)
    t.strictSame(
      table.notes.filter((note) => note.includes('newer')),
      [],
      'a copy is not told as another value',
    )
    t.match(await table.raw.getEntity('ShoppingCart001', 'a list'), { Note: 'of somebody else' })
  })

  test('a key that stands in two partitions has the newer value, and that is told', async (t, { raw, open, notes }) => {
    const map = await open()
    for (const key of ['ann', 'bob']) await add(map, key, 'old')
    await map.close()
    notes.length = 0
    const moment = () => new Promise((resolve) => setTimeout(resolve, isHere ? 20 : 1100)) // some services know no parts of a second
    await moment()
    const wrong = (key: string) => ({ ...placeOf(key), partitionKey: 'ShoppingCart015', CustomerId: key })
    await raw.createEntity({ ...wrong('ann'), ProductItems: '"new"' })
    await raw.createEntity({ ...wrong('bob'), ProductItems: '"new"' })
    await moment()
    await raw.updateEntity({ ...placeOf('bob'), ProductItems: '"newest"' }, 'Merge')
    await raw.deleteEntity('ShoppingCart', 'shards')
    const next = await open()
    t.strictSame(await allOf(next), [
      ['ann', 'new'],
      ['bob', 'newest'],
    ])
    t.match(notes.sort(), [/2 rows were moved/, /ShoppingCart0\d\d.*newer/, /ShoppingCart0\d\d.*newer/])
  })

  t.test('a key that Azure does not take stops the start, and is not shown', async (t) => {
    const wrong = Buffer.from('a secret that is none').toString('base64')
    const table = ownTable(t, connectionString)
    const opening = table.open({
      connectionString: connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${wrong}`),
    })
    const error = await opening.then(
      () => new Error('it opens'),
      (error: Error) => error,
    )
    t.equal(error.name, 'StartError', error.message)
    t.match(error.message, /^the setting AZURE_COSMOS_CONNECTION_STRING must hold a key/)
    t.notOk(error.message.includes(wrong))
  })
}

const placeOf = (key: string) => {
  const hash = hashOfKey(key)
  return { partitionKey: `ShoppingCart00${hash % 5n}`, rowKey: String(hash) }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error('it never comes')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
