import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { sealRow } from '../../../storage/csv/row.ts'
import { ask } from '../../../test/ask.ts'
import { dataDirOf, startStore } from '../../../test/store.ts'
import { verifyFiles } from '../files.ts'

t.test('a draft that says it is paid has its order; where it has not, verify names file and line', async (t) => {
  const dataDir = dataDirOf(t)
  const store = await startStore({ t, dataDir })
  const post = async (path: string) => t.equal((await ask(store.url + path, { method: 'POST' })).status, 200, path)
  for (const path of ['/stock/batch_init/3/100/2', '/payment/batch_init/2/100', '/orders/batch_init/20/3/2/2'])
    await post(path)
  for (let draft = 0; draft < 10; draft++) await post(`/orders/checkout/${draft}`)
  t.strictSame((await verifyFiles(dataDir)).differences, [], 'while it runs')
  await store.stop()
  t.strictSame((await verifyFiles(dataDir)).differences, [])

  const [name] = readdirSync(`${dataDir}/order`).filter((each) => each.startsWith('drafts-'))
  const path = `${dataDir}/order/${name}`
  const rows = readFileSync(path, 'utf8').trimEnd().split('\n')
  const last = rows.at(-1)!
  const [id, , user, , key, order] = last.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
  const items = JSON.stringify([['0', 7, '2.00']])
  for (const [wrong, fields] of [
    ['is paid by order 999, which is not there', [id!, 'set', user!, items, key!, '999']],
    [`is paid by order ${order}, which has another key`, [id!, 'set', user!, items, '~other', order!]],
    [`is paid by order ${order}, which sold something else`, [id!, 'set', user!, items, key!, order!]],
  ] as const) {
    writeFileSync(path, `${[...rows, sealRow(fields)].join('\n')}\n`)
    t.strictSame((await verifyFiles(dataDir)).differences, [`${path}:${rows.length + 1}: draft ${id} ${wrong}`])
  }
  writeFileSync(path, `${[...rows.slice(0, 5), rows[5]!.replace(/.$/, 'x'), ...rows.slice(6)].join('\n')}\n`)
  t.strictSame((await verifyFiles(dataDir)).differences, [`${path}:6: the row is damaged`])
})
