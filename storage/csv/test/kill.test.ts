/** Both engines under load, killed or cut off from power at random calls: whatever was answered is there afterwards. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import type { Outcome } from '../../ledger.ts'
import type { FaultyFiles } from '../../test/faulty-files.ts'
import { runs } from '../../test/seed.ts'
import { change, entry, namesOf, openLedger, openLog, reserve } from './harness.ts'

/** As a power cut may leave the files: what is not synced is kept up to some byte, and some pages of that are NUL. */
function cutPower(folder: string, files: FaultyFiles, kept: number, lost: number): void {
  for (const name of namesOf(folder)) {
    const path = `${folder}/${name}`
    const synced = files.synced.get(name) ?? statSync(path).size
    const bytes = readFileSync(path)
    if (bytes.length <= synced) continue
    const end = synced + Math.floor((bytes.length - synced) * kept)
    const from = synced + Math.floor((end - synced) * lost)
    bytes.fill(0, from, Math.min(end, from + 100))
    writeFileSync(path, bytes.subarray(0, end))
  }
}

const fate = fc.record({
  after: fc.integer({ min: 1, max: 120 }),
  halfWrite: fc.boolean(),
  powerCut: fc.boolean(),
  kept: fc.double({ min: 0, max: 1, noNaN: true }),
  lost: fc.double({ min: 0, max: 1, noNaN: true }),
})
const pause = () => new Promise((resolve) => setTimeout(resolve, 1))

t.test('every reservation that was answered is held after a kill, and no piece is lost or sold twice', async (t) => {
  const property = fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 4 }), async (fates) => {
    const folder = t.testdir()
    const held = new Set<string>()
    const asked: string[] = []
    let restocked = 0
    let lastMovement = 0
    let { ledger, files } = await openLedger(t, folder)
    for (const [round, { powerCut, kept, lost, ...freeze }] of fates.entries()) {
      files.freeze(freeze)
      for (let i = 0, going = true; i < 200 && going; i++) {
        const id = `a${round + 1}-${i}`
        asked.push(id)
        const keep = ([outcome]: Outcome[]) => outcome?.outcome === 'held' && held.add(id)
        void ledger.execute([reserve(id, ['Tux', 1])]).then(keep)
        if (i % 9 === 0)
          void ledger.execute([change('Fox', 1)]).then(([outcome]) => {
            restocked += 1
            if (outcome?.outcome === 'changed') lastMovement = Math.max(lastMovement, outcome.movement)
          })
        going = await Promise.race([files.frozen.then(() => false), pause().then(() => true)])
      }
      await Promise.race([files.frozen, ledger.close()])
      await files.release()
      if (powerCut) cutPower(folder, files, kept, lost)
      ;({ ledger, files } = await openLedger(t, folder))
      const known = await ledger.execute(asked.map((id) => reserve(id, ['no such toy', 1])))
      const there = new Set(asked.filter((_, i) => known[i]!.outcome === 'held'))
      for (const id of held) if (!there.has(id)) throw new Error(`${id} was answered and is gone`)
      const tux = (await ledger.account('Tux'))!.balance
      if (tux !== 10_000 - there.size) throw new Error(`${tux} are left and ${there.size} are held`)
      const fox = (await ledger.account('Fox'))!.balance
      if (fox < 10_000 + restocked) throw new Error(`${fox} where ${restocked} were added`)
      const movements = await ledger.movements(0, 10_000)
      if (movements.some(({ number }, i) => number !== i + 1)) throw new Error('movements have a gap')
      if (movements.length < lastMovement) throw new Error(`movement ${lastMovement} was answered and is gone`)
      if (fox !== 10_000 + movements.length - 6) throw new Error(`${fox} where movements tell ${movements.length - 6}`)
      restocked = fox - 10_000
    }
    await files.release()
  })
  await t.resolves(fc.assert(property, runs(20)))
})

t.test('every order that was answered is there after a kill, under its number, and numbers have no gap', async (t) => {
  const property = fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 4 }), async (fates) => {
    const folder = t.testdir()
    const given = new Map<number, string>()
    let { log, files } = await openLog(t, folder)
    for (const [round, { powerCut, kept, lost, after, halfWrite }] of fates.entries()) {
      files.freeze({ after: after % 20, halfWrite })
      for (let i = 0, going = true; i < 200 && going; i++) {
        const name = `${round}-${i}`
        void log.append(entry(name, 1 + (i % 3))).then((number) => given.set(number, `key-${name}`))
        going = await Promise.race([files.frozen.then(() => false), pause().then(() => true)])
      }
      await files.release()
      if (powerCut) cutPower(folder, files, kept, lost)
      ;({ log, files } = await openLog(t, folder))
      const all = (await log.list(Number.MAX_SAFE_INTEGER, 10_000)).reverse()
      if (all.some(({ number }, i) => number !== i + 1)) throw new Error('numbers have a gap')
      for (const [number, key] of given)
        if (all[number - 1]?.key !== key) throw new Error(`order ${number} was answered and is gone`)
      if (all.some(({ rows }) => rows[0]!.line !== `1 of ${rows.length}`)) throw new Error('an order is half there')
    }
    await files.release()
  })
  await t.resolves(fc.assert(property, runs(25)))
})
