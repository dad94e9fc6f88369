/** A store that is broken on purpose: what only a kill reveals must be found, and said. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { copyOfTheProject, without } from '../../../test/broken-copy.ts'
import { dataDirOf } from '../../../test/store.ts'
import { leftOf, startChaos } from './run.ts'

t.test(
  'a store that answers before the order is on the disk ends with exit code 1, and the lost orders are named',
  async (t) => {
    const dataDir = `${dataDirOf(t)}/shop`
    const copy = copyOfTheProject()
    const append = 'await this.#file.append(Buffer.from(text))'
    const later = 'setTimeout(() => void this.#file.append(Buffer.from(text)).catch(() => {}), 300)'
    const plant = { rule: 'reply-after-sync', file: 'storage/csv/log-engine.ts', from: append, to: later, tests: [] }
    // Of this seed the first victim is the order service; whatever was killed, its memory would be gone.
    const args = ['--data', dataDir, '--kills', '1', '--faults', 'kill', '--seed', '10', '--clients', '8']
    const { code, out } = await without(plant, copy, () => startChaos(args, `${copy}/client/main.ts`).ran)
    t.match(out, /killed order/)
    t.equal(code, 1, out)
    // The store gives a lost number again: where it came so far before the end, it was told twice instead.
    t.match(
      out,
      /^WRONG: (acknowledged order \d+ .* is lost: it is not in .*orders\.csv|order number \d+ was told to 2 buyers)$/m,
    )
    t.match(out, /BOOKS DO NOT BALANCE/)
    t.ok(out.endsWith(`The files are kept in ${dataDir}.\n`))
    t.match(readFileSync(`${dataDir}/order/orders.csv`, 'utf8'), /^order_number,/)
    t.same(leftOf(dataDir), [])
  },
)
