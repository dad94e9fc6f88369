/** What the tests of the CSV engines share: a folder of their own, engines over a faulty file system, and looks at both. */
import { readdirSync, readFileSync } from 'node:fs'
import tap, { type Test } from 'tap'
import { columns, firstToys } from '../../../catalog/store.ts'
import { realClock } from '../../../clock.ts'
import { systemCode } from '../../../errors.ts'
import { rule } from '../../../ledger/rule.ts'
import { format } from '../../../order/store.ts'
import type { Command, Ledger } from '../../ledger.ts'
import { FaultyFiles } from '../../test/faulty-files.ts'
import { CsvLedger, type LedgerOptions, type LedgerReport } from '../ledger-engine.ts'
import { CsvLog, type LogOptions } from '../log-engine.ts'
import type { CheckedLog } from '../log-start.ts'

// tap removes a test's folder before it tears down, unless something to tear down was there before the folder.
tap.beforeEach((t) => t.teardown(() => {}))

/** What an engine reported besides its answers. */
export interface Told {
  files: FaultyFiles
  notes: string[]
  givenUp: { message: string; silent: boolean }[]
}

/** A file system and a notebook for one engine; what it leaves open is closed with the test. */
export function told(t: Test): Told & Pick<LedgerOptions, 'giveUp' | 'note' | 'clock' | 'ioDelayMs'> {
  const files = new FaultyFiles()
  t.teardown(() => files.release())
  const notes: string[] = []
  const givenUp: Told['givenUp'] = []
  return {
    files,
    notes,
    givenUp,
    note: (sentence) => notes.push(sentence),
    giveUp: ({ message }, { silent }) => givenUp.push({ message, silent }),
    clock: realClock,
    ioDelayMs: 0,
  }
}

export type OpenLedger = Told & { ledger: CsvLedger; report: LedgerReport }

/** The catalog's ledger over a folder; made with its first toys where there is nothing. */
export async function openLedger(t: Test, folder: string, options: Partial<LedgerOptions> = {}): Promise<OpenLedger> {
  const { files, notes, givenUp, ...rest } = told(t)
  const opened = await CsvLedger.open({
    files,
    ...rest,
    folder,
    name: 'toys_db.csv',
    columns,
    seed: firstToys,
    rule,
    ...options,
  })
  return { ...opened, files: (options.files as FaultyFiles | undefined) ?? files, notes, givenUp }
}

export type OpenLog = Told & { log: CsvLog; checked: CheckedLog }

/** The order log over a folder. */
export async function openLog(t: Test, folder: string, options: Partial<LogOptions> = {}): Promise<OpenLog> {
  const { files, notes, givenUp, ...rest } = told(t)
  const opened = await CsvLog.open({ files, ...rest, folder, name: 'orders.csv', format, ...options })
  return { ...opened, files: (options.files as FaultyFiles | undefined) ?? files, notes, givenUp }
}

/** An entry of so many rows. */
export const entry = (name: string, rows = 1) => ({
  key: `key-${name}`,
  attempt: `a1-${name}`,
  rows: Array.from({ length: rows }, (_, i) => ({ name: `toy ${i + 1}`, quantity: '1', price: '15.99' })),
})

/** Every file of a folder with its bytes; sockets are passed over. */
export const bytesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(namesOf(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'latin1')]))

export const namesOf = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ name }) => name)
    .sort()

/** Empty where there is no such file, or where a turn has just taken it away. */
export const textOf = (folder: string, name: string): string => {
  try {
    return readFileSync(`${folder}/${name}`, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return ''
    throw error
  }
}

export const reserve = (id: string, ...items: [account: string, amount: number][]): Command => ({
  op: 'reserve',
  id,
  after: 0,
  items: items.map(([account, amount]) => ({ account, amount })),
})

export const change = (account: string, by: number): Command => ({
  op: 'change',
  account,
  change: by,
  reason: 'restock',
})

/** All that can be asked of a ledger without changing it: what is known of each id is told by a reserve that is refused. */
export async function asked(ledger: Ledger, ids: readonly string[]): Promise<unknown> {
  const [opened, ...known] = await ledger.execute([
    { op: 'open', fence: 'a0-0', first: false },
    ...ids.map((id) => reserve(id, ['no such toy', 1])),
  ])
  return {
    opened,
    known: Object.fromEntries(ids.map((id, i) => [id, known[i]])),
    accounts: await ledger.list('', 10_000),
    movements: await ledger.movements(0, 10_000),
  }
}

/** Waits until it holds; gives up after 5 s. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 1000) throw new Error(`never came true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Whether it is answered within a moment. */
export const answered = (promise: Promise<unknown>, ms = 40): Promise<boolean> =>
  Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ms)),
  ])
