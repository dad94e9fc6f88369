/**
 * Files that other hands have damaged, under a whole store: a start refuses with file, line and what to do, and nothing is
 * made worse; or it goes on, and only those who touch the damage hear of it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { startCatalog } from '../catalog/start.ts'
import { openToys } from '../catalog/store.ts'
import { verifyFiles } from '../client/verify/files.ts'
import { realClock } from '../clock.ts'
import { startOrder } from '../order/start.ts'
import { openOrders } from '../order/store.ts'
import { startPayment } from '../payment/start.ts'
import { readSettings } from '../settings.ts'
import { headLine, journalFormat } from '../storage/csv/journal.ts'
import { bytesOf } from '../storage/csv/test/harness.ts'
import { realFileSystem } from '../storage/file-system.ts'
import { ask, eventually } from './ask.ts'
import { buy, copyOf, dataDirOf, NotOpened, startStore } from './store.ts'

const keyOf = (number: number): string => `key-of-order-${number}`
const purchase = { name: 'Tux', quantity: 1 }

/** A stopped store with eight orders of one Tux each. */
const master = dataDirOf(t)
t.before(async () => {
  const store = await startStore({ dataDir: master })
  for (let number = 1; number <= 8; number++) await buy(store.url, purchase, { key: keyOf(number) })
  await store.stop()
})

const messages = (output: readonly string[]): string[] =>
  output.flatMap((line) => (line.startsWith('{') ? [(JSON.parse(line) as { msg: string }).msg] : []))

/** The sentence of a start that is refused with exit code 2; the folders are as they were. */
async function refusal(t: Test, dataDir: string, folders = ['catalog', 'payment', 'cart', 'order']): Promise<string> {
  const before = folders.map((folder) => bytesOf(`${dataDir}/${folder}`))
  const error: unknown = await startStore({ dataDir, t }).catch((reason: unknown) => reason)
  if (!(error instanceof NotOpened)) throw error
  t.equal(error.code, 2)
  t.strictSame(
    folders.map((folder) => bytesOf(`${dataDir}/${folder}`)),
    before,
    'nothing was touched',
  )
  return error.output.filter((line) => !line.startsWith('{')).join('\n')
}

t.test('a damaged row in the middle of orders.csv does not stop the shop', async (t) => {
  t.jobs = 2
  const rows: [what: string, change: (row: string) => string, key: 'refused' | 'forgotten', found: RegExp][] = [
    ['removed', () => '', 'forgotten', /orders\.csv:5: order 5 comes after order 3/],
    ['doubled', (row) => row + row, 'refused', /orders\.csv:6: order 4 comes after order 4/],
    ['overwritten', () => 'rubbish\n', 'forgotten', /orders\.csv:5: the row has 1 fields/],
    [
      'changed so that a quote is open',
      (row) => row.replace('Tux', '"Tux'),
      'refused',
      /orders\.csv:5: the row is damaged/,
    ],
    [
      'changed so that it has a field less',
      (row) => row.replace('Tux,', ''),
      'refused',
      /orders\.csv:5: the row has 9 fields/,
    ],
    [
      'changed so that it is half an order',
      (row) => row.replace('1 of 1', '1 of 2'),
      'refused',
      /orders\.csv:6: row 2 of 2 of order 4 is missing/,
    ],
    [
      'given the number of another',
      (row) => row.replace('4,', '6,'),
      'refused',
      /orders\.csv:5: order 6 comes after order 3/,
    ],
  ]
  for (const [what, change, key, found] of rows)
    t.test(what, { buffered: true }, async (t) => {
      const dataDir = await copyOf(t, master)
      const path = `${dataDir}/order/orders.csv`
      await writeFile(path, (await readFile(path, 'utf8')).replace(/^4,.*\n/m, change))
      const store = await startStore({ dataDir, t })
      t.match(await ask(`${store.url}/orders/4`), { status: 500, body: { error: { reason: 'internal' } } })
      for (const number of [1, 2, 3, 5, 7, 8])
        t.match((await ask(`${store.url}/orders/${number}`)).body, { data: { number } }, `order ${number} is read`)
      for (const number of [1, 2, 3, 5, 7, 8])
        t.match((await buy(store.url, purchase, { key: keyOf(number) })).body, { data: { order_number: number } })
      const [again, ...others] = await Promise.all([
        buy(store.url, purchase, { key: keyOf(4) }),
        ...[1, 2, 3, 4, 5].map((i) => buy(store.url, purchase, { key: `other-${i}` })),
      ])
      for (const other of others) t.equal(other.status, 200, 'who buys beside it is not disturbed')
      // What is nowhere in the file any more, nobody can know: README says so.
      if (key === 'refused') t.match(again, { status: 503, body: { error: { reason: 'outcome_unknown' } } })
      else t.equal(again!.status, 200)
      t.ok(
        messages(store.output).some((message) => /orders\.csv.*(damaged|missing).*verify/.test(message)),
        'the operator is told',
      )
      t.equal(await store.stop(), 0)
      const { differences } = await verifyFiles(dataDir)
      t.ok(
        differences.some((each) => found.test(each)),
        differences.join('\n'),
      )
    })
})

t.test('what stops a start, in files that no person should touch', async (t) => {
  t.jobs = 2
  const orders = 'order/orders.csv'
  const journal = 'catalog/journal-'
  const nameOf = (dataDir: string, file: string): string => {
    const folder = `${dataDir}/${file.split('/')[0]}`
    return `${folder}/${Object.keys(bytesOf(folder))
      .filter((name) => name.startsWith(file.split('/')[1]!))
      .at(-1)}`
  }
  const head = (text: string) => {
    const [, , segment, bytes, movement] = text.split('\n')[0]!.split(',').map(Number)
    return headLine({ format: journalFormat + 1, segment: segment!, movementBytes: bytes!, lastMovement: movement! })
  }
  const rows: [what: string, file: string, change: (text: string) => string | undefined, said: RegExp][] = [
    [
      'a journal damaged in its middle',
      journal,
      (text) => text.replace(/^(fence,)/m, '$1a'),
      /catalog: .*journal-\d+\.csv:2: the line does not fit its checksum; this is no torn end of a crash: restore the file/,
    ],
    [
      'a journal of a newer format',
      journal,
      (text) => text.replace(/^.*\n/, head),
      /catalog: .*journal-\d+\.csv:1: format \d is newer than this version of the store reads; start the newer one/,
    ],
    [
      'a base of a newer version',
      'catalog/base-',
      (text) => text.replaceAll('\n', ',1\n').replace(',1\n', ',size\n'),
      /catalog: .*base-\d+\.csv:1: .*where a newer version wrote it, start that one/,
    ],
    [
      'movements saved by a spreadsheet',
      'catalog/movements',
      (text) => text.replaceAll('\n', '\r\n'),
      /catalog: .*movements\.csv:1: the header must be .*was the file saved by another program/,
    ],
    [
      'orders saved by a spreadsheet',
      orders,
      (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}`,
      /order: .*orders\.csv:1: the file was saved by another program.*restore it from a backup/,
    ],
    [
      'orders of a newer version',
      orders,
      (text) => text.replaceAll('\n', ',x\n').replace(',x\n', ',note\n'),
      /order: .*orders\.csv:1: the header must be .*written by a newer version/,
    ],
    [
      'a last order that is damaged',
      orders,
      (text) => text.replace(/^8,.*\n/m, 'rubbish\n'),
      /order: .*orders\.csv:9: the last order is damaged/,
    ],
    [
      'orders that are gone',
      orders,
      () => undefined,
      /order: .*orders\.csv is missing, and this folder had one: restore it from a backup/,
    ],
    [
      'an incarnation of a newer format',
      'order/incarnation',
      (text) => text.replace('\n1,', '\n2,'),
      /order: .*incarnation\.csv:2: format 2 is newer/,
    ],
  ]
  for (const [what, file, change, said] of rows)
    t.test(what, { buffered: true }, async (t) => {
      const dataDir = await copyOf(t, master)
      const path = nameOf(dataDir, file)
      const left = readFileSync(path, 'utf8')
      const text = change(left)
      t.not(text, left, 'it was planted')
      if (text === undefined) await rm(path)
      else writeFileSync(path, text)
      t.match(await refusal(t, dataDir, [file.split('/')[0]!]), said)
    })
  t.test('put back, the shop is open again', { buffered: true }, async (t) => {
    const dataDir = await copyOf(t, master)
    const path = `${dataDir}/${orders}`
    const left = readFileSync(path, 'utf8')
    await rm(path)
    await refusal(t, dataDir, ['order'])
    await writeFile(path, left)
    const store = await startStore({ dataDir, t })
    t.match((await buy(store.url, purchase)).body, { data: { order_number: 9 } })
    t.equal(await store.stop(), 0)
    t.strictSame((await verifyFiles(dataDir)).differences, [])
  })
})

/** Books as a crash leaves them: three orders that the catalog has not heard of, a reservation without one, torn ends. */
async function crashed(t: Test): Promise<string> {
  const dataDir = dataDirOf(t, { catalog: {}, order: {} })
  const giveUp = (error: Error): void => {
    throw error
  }
  const world = { files: realFileSystem, clock: realClock, ioDelayMs: 0, giveUp, note: () => {} }
  const { ledger } = await openToys({ ...world, folder: `${dataDir}/catalog` })
  const { log } = await openOrders({ ...world, folder: `${dataDir}/order` })
  await ledger.execute([{ op: 'open', fence: 'a1-1', first: true }])
  for (const seq of [1, 2, 3, 4])
    await ledger.execute([{ op: 'reserve', id: `a1-${seq}`, after: 0, items: [{ account: 'Tux', amount: 1 }] }])
  const row = { name: 'Tux', quantity: '1', price: '25.99', placed_at: '2026-11-21T09:00:00.000Z' }
  for (const seq of [1, 2, 3]) await log.append({ key: keyOf(seq), attempt: `a1-${seq}`, rows: [row] })
  await ledger.close()
  await log.close()
  const journal = Object.keys(bytesOf(`${dataDir}/catalog`))
    .filter((name) => name.startsWith('journal-'))
    .at(-1)!
  const path = `${dataDir}/catalog/${journal}`
  await writeFile(path, (await readFile(path, 'utf8')).replace(/stop,\w+\n$/, 'decided,a1-'))
  await writeFile(`${dataDir}/order/orders.csv`, '4,1 of 1,Tu', { flag: 'a' })
  await writeFile(`${dataDir}/order/incarnation.csv`, 'format,incarnation\n1,1\n')
  return dataDir
}

t.test(
  'a start after a crash says in one line a service what it recovered, and verify reads what was cut',
  async (t) => {
    const dataDir = await crashed(t)
    const store = await startStore({ dataDir, t })
    const lines = () =>
      store.output
        .filter((line) => line.includes('"recovery"'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    await eventually(() => lines().length === 2)
    const [catalog, order] = ['catalog', 'order'].map((service) => lines().find((line) => line.service === service))
    t.match(catalog, {
      level: 'warn',
      msg: /^recovered after a crash in \d+ ms: 4 purchases hold stock until the order service settles it, the torn end of the journal \(11 bytes\) was cut and is kept as .*journal-\d+\.csv\.cut-\w+$/,
      recovery: {
        ms: Number,
        open_reservations: 4,
        cut_bytes: 11,
        cut_kept_as: /\/catalog\/journal-\d+\.csv\.cut-\w+$/,
      },
    })
    t.match(order, {
      level: 'warn',
      msg: /^recovered after a crash in \d+ ms: 3 purchases finished, 1 given back, the torn end of orders\.csv \(11 bytes\) was cut and is kept as .*orders\.csv\.cut-\w+$/,
      recovery: {
        ms: Number,
        finished: 3,
        given_back: 1,
        cut_bytes: 11,
        cut_kept_as: /\/order\/orders\.csv\.cut-\w+$/,
      },
    })
    t.match((await ask(`${store.url}/products/Tux`)).body, { data: { stock: 9997 } })
    t.equal(await store.stop(), 0)
    const { differences, kept } = await verifyFiles(dataDir)
    t.strictSame(differences, [])
    t.match(kept, [
      { bytes: 11, what: 'half a line; nothing of it was acknowledged' },
      { bytes: 11, what: 'half a row; nothing of it was acknowledged' },
    ])
    const again = await startStore({ dataDir, t, env: { LOG_LEVEL: 'debug' } })
    await eventually(() => messages(again.output).filter((message) => message === 'nothing to recover').length === 4)
    t.notOk(
      messages(again.output).some((message) => message.includes('recovered')),
      'a start after a stop recovers nothing',
    )
    t.equal(await again.stop(), 0)
  },
)

t.test(
  'a damaged row that recovery needs keeps purchases closed, is told once, and mended, all is as it should be',
  async (t) => {
    const dataDir = await crashed(t)
    const path = `${dataDir}/order/orders.csv`
    const whole = await readFile(path, 'utf8')
    await writeFile(path, whole.replace(/^1,.*\n/m, 'rubbish\n'))
    const output: string[] = []
    const log = pino({}, { write: (line: string) => void output.push(line) })
    const world = {
      files: realFileSystem,
      clock: realClock,
      log,
      end: (error: unknown) => void t.fail('it gave up', { error }),
    }
    const settings = readSettings({ CATALOG_PORT: '0', ORDER_PORT: '0', PAYMENT_PORT: '0', DATA_DIR: dataDir })
    const catalog = await startCatalog(settings, world)
    const payment = await startPayment(settings, world)
    const order = await startOrder({ ...settings, catalogUrl: catalog.url, paymentUrl: payment.url }, world)
    const stop = async () => {
      await order.close()
      await catalog.close()
      await payment.close()
    }
    const told = () => messages(output).filter((message) => message.includes('cannot be settled'))
    await eventually(() => told().length > 0)
    await pause(1000)
    t.match(told(), [
      /^what is open at catalog cannot be settled, and no purchase is taken before it is: .*\/order\/orders\.csv:2: the row is damaged; stop the store and mend the line or restore the file/,
    ])
    t.equal(told().length, 1)
    const refused = await ask(`${order.url}/order`, { method: 'POST', body: purchase })
    t.match(refused, { status: 503, body: { error: { reason: 'unavailable' } } })
    t.match((await ask(`${catalog.url}/query/Tux`)).body, { data: { stock: 9996 } }, 'nothing was given back')
    t.match((await ask(`${order.url}/orders/2`)).body, { data: { number: 2 } }, 'reads go on')
    await stop()
    await writeFile(path, (await readFile(path, 'utf8')).replace('rubbish\n', `${whole.split('\n')[1]!}\n`))
    const again = await startStore({ dataDir, t })
    await eventually(() =>
      messages(again.output).some((message) => message.includes('3 purchases finished, 1 given back')),
    )
    t.match((await buy(again.url, purchase)).body, { data: { order_number: 4 } })
    t.equal(await again.stop(), 0)
    t.strictSame((await verifyFiles(dataDir)).differences, [])
  },
)
