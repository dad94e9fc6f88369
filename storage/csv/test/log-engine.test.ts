import { appendFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { format } from '../../../order/store.ts'
import { runs } from '../../test/seed.ts'
import { formatRow } from '../row.ts'
import { answered, entry, openLog, textOf } from './harness.ts'

t.test('a new file has the header and no entry', async (t) => {
  const folder = t.testdir()
  const { log } = await openLog(t, folder)
  t.equal(textOf(folder, 'orders.csv'), 'order_number,line,name,quantity,price,user,cart,key,attempt,placed_at\n')
  t.equal(log.lastNumber, 0)
  t.equal(await log.get(1), undefined)
  t.equal(await log.get(0), undefined)
  t.strictSame(await log.list(Number.MAX_SAFE_INTEGER, 10), [])
  t.equal(await log.byKey('key-a'), undefined)
  t.strictSame(await log.attemptsAfter(new Set(['a1-a']), 0), new Set())
})

t.test('numbers rise one by one over reopenings, after a stop and after a kill', async (t) => {
  const folder = t.testdir()
  const given: number[] = []
  for (let round = 0; round < 6; round++) {
    const { log, files } = await openLog(t, folder)
    t.equal(log.lastNumber, given.length)
    given.push(...(await Promise.all([1, 2, 3].map((i) => log.append(entry(`${round}-${i}`, i))))))
    if (round % 2 === 0) await log.close()
    else files.freeze()
  }
  t.strictSame(
    given,
    Array.from({ length: 18 }, (_, i) => i + 1),
  )
})

t.test('an entry of three rows has one number and comes back whole, by number, by key and in a page', async (t) => {
  const folder = t.testdir()
  const { log } = await openLog(t, folder)
  await log.append(entry('a'))
  t.equal(await log.append(entry('b', 3)), 2)
  await log.append(entry('c'))
  const found = await log.get(2)
  t.match(found, { number: 2, key: 'key-b', attempt: 'a1-b' })
  t.strictSame(
    found?.rows.map(({ line, name }) => [line, name]),
    [
      ['1 of 3', 'toy 1'],
      ['2 of 3', 'toy 2'],
      ['3 of 3', 'toy 3'],
    ],
  )
  t.strictSame(await log.byKey('key-b'), found)
  t.strictSame((await log.list(3, 1))[0], found)
  t.equal(textOf(folder, 'orders.csv').split('\n')[2], '2,1 of 3,toy 1,1,15.99,,,key-b,a1-b,')
})

t.test('a hundred appends that come while a sync runs share one more sync', async (t) => {
  const { log, files } = await openLog(t, t.testdir())
  const held = files.hold({ kind: 'sync' })
  const first = log.append(entry('first'))
  await held.reached
  const before = files.count('sync')
  const rest = Array.from({ length: 100 }, (_, i) => log.append(entry(String(i))))
  t.notOk(await answered(Promise.race([first, ...rest])))
  held.release()
  t.strictSame(
    await Promise.all([first, ...rest]),
    Array.from({ length: 101 }, (_, i) => i + 1),
  )
  t.equal(files.count('sync'), before + 1)
})

t.test('no reader sees what is not synced', async (t) => {
  const { log, files } = await openLog(t, t.testdir())
  await log.append(entry('a'))
  const held = files.hold({ kind: 'sync' })
  const append = log.append(entry('b', 3))
  await held.reached
  t.equal(log.lastNumber, 1)
  t.equal(await log.get(2), undefined)
  t.equal((await log.list(Number.MAX_SAFE_INTEGER, 10)).length, 1)
  t.equal(await log.byKey('key-b'), undefined)
  t.equal((await log.attemptsAfter(new Set(['a1-b']), 0)).size, 0)
  held.release()
  await append
  t.equal((await log.byKey('key-b'))?.number, 2)
})

t.test('a full disk refuses the batch, and its numbers are given to the next', async (t) => {
  const folder = t.testdir()
  const { log, files } = await openLog(t, folder)
  await log.append(entry('a'))
  const before = textOf(folder, 'orders.csv')
  files.fail({ kind: 'write' }, { code: 'ENOSPC', written: 0.7 })
  const [b, c] = await Promise.allSettled([log.append(entry('b', 3)), log.append(entry('c'))])
  t.match([b, c], [{ reason: { code: 'unavailable' } }, { reason: { code: 'unavailable' } }])
  t.equal(textOf(folder, 'orders.csv'), before)
  t.equal(await log.byKey('key-b'), undefined)
  t.equal(await log.append(entry('d')), 2)
})

t.test(
  'after a failed sync every append is unknown, reads go on, and the disk decides at the next start',
  async (t) => {
    const folder = t.testdir()
    const { log, files, givenUp } = await openLog(t, folder)
    await log.append(entry('a'))
    files.fail({ kind: 'sync' })
    const appends = await Promise.allSettled([log.append(entry('b')), log.append(entry('c'))])
    t.match(appends, [{ reason: { code: 'outcome_unknown' } }, { reason: { code: 'outcome_unknown' } }])
    await t.rejects(log.append(entry('d')), { code: 'outcome_unknown' })
    t.match(givenUp, [{ silent: false }])
    t.equal((await log.get(1))?.key, 'key-a')
    t.equal(await log.get(2), undefined)
    const again = await openLog(t, folder)
    t.equal((await again.log.byKey('key-c'))?.number, 3)
  },
)

t.test('a number is found in a file of any size, and pages are newest first and complete', async (t) => {
  for (const count of [1, 2, 1000, 50_000]) {
    const folder = t.testdir()
    const sizeOf = (number: number) => (number % 7 === 0 ? 3 : 1)
    let text = `${formatRow(format.columns)}\n`
    for (let n = 1; n <= count; n++)
      for (let i = 1; i <= sizeOf(n); i++)
        text += `${n},${i} of ${sizeOf(n)},${'x'.repeat((n * 13) % 97)},1,2.00,,,key-${n},a1-${n},\n`
    writeFileSync(`${folder}/orders.csv`, text)
    const { log } = await openLog(t, folder)
    t.equal(log.lastNumber, count)
    for (const number of new Set([1, 2, 6, 7, 8, count >> 1, count - 7, count - 1, count])) {
      const found = number < 1 || number > count ? undefined : { number, key: `key-${number}`, attempt: `a1-${number}` }
      t.match(await log.get(number), found)
      if (found === undefined) continue
      t.equal((await log.get(number))!.rows.length, sizeOf(number))
      t.equal((await log.byKey(`key-${number}`))?.number, number)
    }
    const attempts = (...numbers: number[]) => new Set(numbers.map((number) => `a1-${number}`))
    t.strictSame(await log.attemptsAfter(attempts(0, 1, count), 0), attempts(1, count))
    t.strictSame(await log.attemptsAfter(attempts(0, 1, count), count - 1), attempts(count))
    t.strictSame(await log.attemptsAfter(attempts(1, count), count), attempts())
    t.equal(await log.get(count + 1), undefined)
    t.equal(await log.byKey('key-0'), undefined)

    const limit = Math.max(2, count / 20)
    const pages: number[] = []
    for (let before = Number.MAX_SAFE_INTEGER; ; before = pages.at(-1)!) {
      const page = await log.list(before, limit)
      if (page.length === 0) break
      if (page.some(({ number, rows }) => rows.length !== sizeOf(number))) t.fail('an entry of a page is not whole')
      pages.push(...page.map(({ number }) => number))
    }
    t.equal(pages.join(), Array.from({ length: count }, (_, i) => count - i).join())
    await log.close()
  }
})

t.test('any text comes back as it went, and any number is found among rows of any length', async (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 }).map((each) => each.replace(/[\r\n\0]/g, ' '))
  const property = fc.asyncProperty(
    fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { maxLength: 60 }),
    async (all) => {
      const folder = t.testdir()
      const first = await openLog(t, folder)
      await Promise.all(
        all.map((names, i) => first.log.append({ ...entry(`${i + 1}`), rows: names.map((name) => ({ name })) })),
      )
      await first.log.close()
      const { log } = await openLog(t, folder)
      for (const [i, names] of all.entries())
        t.strictSame(
          (await log.get(i + 1))?.rows.map(({ name }) => name),
          names,
        )
      await log.close()
    },
  )
  await t.resolves(fc.assert(property, runs(25)))
})

t.test('a damaged row further up stops the reads that touch it, and no others', async (t) => {
  const folder = t.testdir()
  const lines = Array.from(
    { length: 30_000 },
    (_, i) => `${i + 1},1 of 1,Tux,1,${i === 100 ? '"' : '2.00'},,,k${i},a1-${i},2026-01-01\n`,
  )
  writeFileSync(`${folder}/orders.csv`, `${formatRow(format.columns)}\n`)
  appendFileSync(`${folder}/orders.csv`, lines.join(''))
  const { log } = await openLog(t, folder)
  t.equal((await log.get(30_000))?.number, 30_000)
  t.equal((await log.list(50_000, 5)).length, 5)
  t.equal(await log.append(entry('next')), 30_001)
  await t.rejects(log.get(101), /damaged/)
  t.equal((await log.get(100))?.number, 100)
  await t.rejects(log.list(103, 5), /damaged/)
  t.equal((await log.get(102))?.number, 102)
  t.equal((await log.byKey('k101'))?.number, 102)
  t.equal(await log.byKey('never given'), undefined, 'the shop goes on selling')
  await log.close()
})

/** Rows of one order each; `spoil` turns some of them into something else. */
function spoiled(t: Test, count: number, spoil: (row: string, number: number) => string): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const row = `${i + 1},1 of 1,Tux,1,2.00,,,key-number-${i + 1},a1-${i + 1},2026-01-01\n`
    return spoil(row, i + 1)
  })
  return t.testdir({ 'orders.csv': `${formatRow(format.columns)}\n${rows.join('')}` })
}

t.test('a damaged row is named with its line and what to do', async (t) => {
  for (const [count, bad] of [
    [9, 4],
    [30_000, 20_000],
  ] as const) {
    const folder = spoiled(t, count, (row, number) => (number === bad ? 'rubbish\n' : row))
    const { log } = await openLog(t, folder)
    const message = `${folder}/orders.csv:${bad + 1}: the row is damaged; stop the store and mend the line`
    await t.rejects(log.list(bad + 3, 5), { message })
    await t.rejects(log.list(bad + 3, 5), { message }, 'the second time too')
    await t.rejects(log.attemptsAfter(new Set(['a1-1']), 1), { message })
    await log.close()
  }
})

t.test('attempts are never looked for behind a row that cannot be read, wherever it stands', async (t) => {
  for (const [count, bad] of [
    [9, 4],
    [30_000, 20_000],
    [30_000, 29_990],
  ] as const)
    for (const [what, row] of [
      ['rubbish', 'rubbish\n'],
      ['a number that falls', `2,1 of 1,Tux,1,2.00,,,k,a1-${bad},2026-01-01\n`],
    ] as const)
      for (const after of [bad - 2, bad - 1]) {
        const { log } = await openLog(
          t,
          spoiled(t, count, (sound, number) => (number === bad ? row : sound)),
        )
        const attempts = new Set([`a1-${bad}`, `a1-${bad + 1}`])
        const found = await log.attemptsAfter(attempts, after).catch((error: Error) => error)
        if (what === 'rubbish') t.match(found, /orders\.csv:\d+: the row is damaged/, `${count} rows, after ${after}`)
        else t.strictSame(found, attempts, `${what}, ${count} rows, after ${after}`)
        const behind = await log.attemptsAfter(attempts, bad + 1).catch((error: Error) => error)
        t.strictSame(behind, new Set(), 'what lies before is not touched')
        await log.close()
      }
})

t.test(
  'a key that a damaged or misplaced row holds never buys again; others do, and the operator is told once',
  async (t) => {
    const folder = spoiled(t, 60, (row, number) => {
      if (number === 10) return row.replace('1 of 1,', '"')
      if (number === 20) return row.replace(/^20/, '50')
      if (number === 23) return row.replace(/^23/, '24')
      if (number === 26) return row.replace(/^26/, '3')
      if (number === 35) return ''
      if (number === 30) return row.replace('1 of 1', '1 of 2')
      if (number === 40) return row + row
      return row
    })
    const { log, notes } = await openLog(t, folder)
    for (const number of [10, 20, 23, 24, 26, 30, 40, 50])
      await t.rejects(log.byKey(`key-number-${number}`), { code: 'outcome_unknown' }, `order ${number}`)
    await t.rejects(log.byKey('key-number-10'), { code: 'outcome_unknown' }, 'asked again')
    for (const number of [1, 2, 3, 4, 9, 11, 19, 21, 22, 27, 29, 31, 34, 36, 39, 41, 49, 51, 60])
      t.equal((await log.byKey(`key-number-${number}`))?.number, number)
    t.equal(await log.byKey('never-given'), undefined, 'the shop goes on selling')
    t.equal(notes.filter((note) => note.includes('key-number-10')).length, 1)
    t.match(
      notes.find((note) => note.includes('rows are')),
      /orders\.csv: \d+ rows are damaged, missing or out of their order; stop the store and mend the row/,
    )
    t.equal(await log.append(entry('next')), 61)
    await log.close()
  },
)

t.test('what was appended since a number comes in its order, whole, wherever the number stands', async (t) => {
  const { log } = await openLog(
    t,
    spoiled(t, 3000, (row) => row),
  )
  await log.append(entry('last', 3))
  for (const after of [-1, 0, 1, 1500, 2999, 3000, 3001, 9000]) {
    const found = await Array.fromAsync(log.since(after))
    const from = Math.max(0, after)
    t.strictSame(
      found.map(({ number }) => number),
      Array.from({ length: Math.max(0, 3001 - from) }, (_, i) => from + i + 1),
      `after ${after}`,
    )
    if (after < 3001) t.equal(found.at(-1)!.rows.length, 3)
  }
})

t.test('who reads on from a number is told of no order that came after he had asked', async (t) => {
  for (const column of [undefined, 'cart']) {
    const ofCart = (row: string, number: number) => (number % 10_000 === 1 ? row.replace('2.00,,,', '2.00,,ann,') : row)
    const { log } = await openLog(t, spoiled(t, 30_000, ofCart))
    const found: number[] = []
    for await (const { number } of log.since(0, column)) {
      if (found.push(number) > 1) continue
      await log.append(entry('later'))
      await log.append({ key: 'k', attempt: 'a9-9', rows: [{ name: 'Tux', cart: 'ann' }] })
    }
    if (column === 'cart') t.strictSame(found, [1, 10_001, 20_001])
    else t.strictSame([found.length, found.at(-1)], [30_000, 30_000])
    t.equal((await Array.fromAsync(log.since(30_000, column))).at(-1)?.number, 30_002)
  }
})

t.test('of several rows the first says whether an order is asked for, and it comes whole', async (t) => {
  const { log } = await openLog(t, t.testdir())
  for (const carts of [['ann', ''], ['', 'ann'], ['bob'], ['']])
    await log.append({ key: 'k', attempt: 'a1-1', rows: carts.map((cart) => ({ name: 'Tux, "x"', cart })) })
  const found = await Array.fromAsync(log.since(0, 'cart'))
  t.match(found, [
    { number: 1, rows: [{ cart: 'ann' }, { cart: '' }] },
    { number: 3, rows: [{ cart: 'bob' }] },
  ])
  t.equal(found.length, 2)
})

t.test('an order that is asked for is told before one far behind it that cannot be read', async (t) => {
  const spoil = (row: string, number: number) =>
    number === 5 ? row.replace('2.00,,,', '2.00,,ann,') : number === 50 ? 'rubbish\n' : row
  const { log } = await openLog(t, spoiled(t, 60, spoil))
  const found = log.since(0, 'cart')
  t.match(await found.next(), { value: { number: 5 } })
  await t.rejects(found.next(), /orders\.csv:51: the row is damaged/)
})

t.test('nothing is passed over by who reads on from a number: what cannot be read is told in its place', async (t) => {
  const spoils: [what: string, spoil: (row: string) => string][] = [
    ['rubbish', () => 'rubbish\n'],
    ['a number that falls', (row) => row.replace(/^\d+/, '3')],
    ['a number that leaps', (row) => row.replace(/^\d+/, '50')],
    ['the number before', (row) => row.replace(/^30/, '29')],
    ['a row that is gone', () => ''],
    ['half an order', (row) => row.replace('1 of 1', '1 of 2')],
    ['a row twice', (row) => row + row],
  ]
  for (const [what, spoil] of spoils)
    for (const after of [0, 10, 28, 29]) {
      const { log } = await openLog(
        t,
        spoiled(t, 60, (row, number) => (number === 30 ? spoil(row) : row)),
      )
      for (const column of [undefined, 'name', 'cart']) {
        const found: number[] = []
        const read = async () => {
          for await (const { number } of log.since(after, column)) found.push(number)
        }
        if (column === 'cart' && ['half an order', 'a row twice'].includes(what))
          await read() // none is missing, and it is none of those that were asked for
        else await t.rejects(read(), /orders\.csv.*(damaged|missing)/, `${what}, after ${after}, ${column}`)
        const wanted = column === 'cart' ? [] : Array.from({ length: 29 - after }, (_, i) => after + i + 1)
        t.strictSame(found, wanted.slice(0, found.length))
        t.ok(found.length >= wanted.length - 1, 'all before it are told')
      }
      t.strictSame(
        (await Array.fromAsync(log.since(55))).map(({ number }) => number),
        [56, 57, 58, 59, 60],
      )
      await log.close()
    }
})

t.test('an order that was last, and is not in the file any more, is missed by who reads on', async (t) => {
  const folder = spoiled(t, 60, (row) => row)
  const { log } = await openLog(t, folder)
  writeFileSync(`${folder}/orders.csv`, textOf(folder, 'orders.csv').replace(/\n60,/, '\n59,'))
  await t.rejects(Array.fromAsync(log.since(59)), /order 60 is damaged or missing/)
})

t.test('a megabyte without a line end in the middle hides no row that stands before or behind it', async (t) => {
  const folder = spoiled(t, 9000, (row, number) => (number === 100 ? `${'\0'.repeat(3 << 20)}${row}` : row))
  const { log } = await openLog(t, folder)
  for (const number of [1, 99, 101, 9000]) t.equal((await log.byKey(`key-number-${number}`))?.number, number)
  for (const number of [1, 99, 101, 9000]) t.equal((await log.get(number))?.number, number)
  await t.rejects(log.get(100), /damaged/)
  t.equal(await log.byKey('never-given'), undefined)
  t.equal(await log.append(entry('next')), 9001)
  await log.close()
})

t.test('an entry that cannot stand in the file is refused, and those beside it are written', async (t) => {
  const folder = t.testdir()
  const { log } = await openLog(t, folder)
  const told = await Promise.allSettled([
    log.append(entry('k1')),
    log.append({ ...entry('k2'), rows: [] }),
    log.append({ ...entry('k3'), rows: [{ name: 'a\nb' }] }),
    log.append(entry('k4')),
  ])
  t.match(told, [{ value: 1 }, { reason: { name: 'RangeError' } }, { reason: { name: 'RangeError' } }, { value: 2 }])
  t.strictSame(await log.list(10, 0), [])
  t.strictSame(
    (await log.list(10, 5)).map(({ key }) => key),
    ['key-k4', 'key-k1'],
  )
})
