/**
 * The verdict after the last fault, on the store as it runs, and again after a stop and a new start, when only the disk can
 * know: what buyers were told and shown against the shop and against the files, and whether anything stays reserved.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { formatMoney } from '../../money.ts'
import type { Progress } from '../progress.ts'
import { type Snapshot, verifyAfterLoad } from '../verify/after-load.ts'
import { type Verdict, verdictLine, verifyFiles } from '../verify/files.ts'
import type { Witness } from '../verify/witness.ts'
import type { Shop } from './shop.ts'
import { toldDifferences } from './told.ts'

/** What lost its answer in a fault is settled within seconds. */
const restMs = 10_000

export interface Books {
  line: string
  differences: string[]
  notes: string[]
}

export interface BooksOptions {
  shop: Shop
  dataDir: string
  /** The shop before the load. */
  before: Snapshot
  witness: Witness
  progress: Progress
}

/** Stops the store. */
export async function judgeBooks(options: BooksOptions): Promise<Books> {
  const { shop, dataDir, witness } = options
  const differences = new Set<string>()
  const notes = new Set<string>()
  const add = (found: Partial<Omit<Books, 'line'>>): void => {
    for (const difference of found.differences ?? []) differences.add(difference)
    for (const note of found.notes ?? []) notes.add(note)
  }
  /** Whatever cannot be done is a difference, and the rest is still looked at. */
  const attempt = async (what: string, work: () => Promise<Partial<Omit<Books, 'line'>>>): Promise<boolean> => {
    try {
      add(await work())
      return true
    } catch (error) {
      add({ differences: [`${what}: ${(error as Error).message}`] })
      return false
    }
  }
  const judgeRunning = (): Promise<boolean> =>
    attempt('The running store could not be checked', () => runningBooks(options))
  const stop = (): Promise<boolean> =>
    attempt('The store could not be stopped', async () => ({ differences: await shop.stop() }))

  await judgeRunning()
  await stop()
  const again = await attempt('The store did not start again', async () => {
    await shop.start()
    return {}
  })
  if (again) await judgeRunning()
  if (again) await stop()
  let files: Verdict | undefined
  let told: string[] = []
  await attempt('The files could not be checked', async () => {
    files = await verifyFiles(dataDir)
    told = await toldDifferences(`${dataDir}/order/orders.csv`, witness.purchases)
    const held = heldIn(files).map((what) => `${what} after a stop and a new start`)
    return { differences: [...files.differences, ...held] }
  })
  // First what a buyer would complain of; why is in the rest.
  const all = [...new Set([...told, ...differences])]
  const line = files === undefined ? 'THE BOOKS CANNOT BE READ' : verdictLine({ ...files, differences: all })
  return { line, differences: all, notes: [...notes] }
}

/** Over its files when it has come to rest, then over its API. */
async function runningBooks({ shop, dataDir, before, witness, progress }: BooksOptions): Promise<Omit<Books, 'line'>> {
  const files = await atRest(dataDir)
  const held = heldIn(files).map((what) => `${what} in the running store`)
  const live = await verifyAfterLoad({ url: shop.ownUrl, before, witness, progress }).finally(progress.end)
  return { differences: [...files.differences, ...held, ...live.differences], notes: live.notes }
}

/** What is reserved, of each ledger, and what is still in carts. */
const heldIn = ({ reserved, reservedCredit, untaken }: Verdict): string[] => [
  ...(reserved > 0 ? [`${reserved} pieces stay reserved`] : []),
  ...(reservedCredit > 0 ? [`${formatMoney(reservedCredit)} of credit stays reserved`] : []),
  ...(untaken > 0 ? [`what ${untaken} orders bought stays in its cart`] : []),
]

/** Waits until nothing is reserved, and carts know what was bought of them; the last look where that does not come. */
async function atRest(dataDir: string): Promise<Verdict> {
  for (const end = performance.now() + restMs; ; await pause(100)) {
    const verdict = await verifyFiles(dataDir)
    if (heldIn(verdict).length === 0 || verdict.differences.length > 0 || performance.now() > end) return verdict
  }
}
