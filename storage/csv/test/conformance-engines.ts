/** The CSV engines as the conformance suites take them: over a disk in memory, and over real files. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { columns } from '../../../catalog/store.ts'
import { rule } from '../../../ledger/rule.ts'
import { format } from '../../../order/store.ts'
import type { FileSystem } from '../../file-system.ts'
import type { Ledger } from '../../ledger.ts'
import type { Log } from '../../log.ts'
import type { BulkMap } from '../../map.ts'
import type { Engine, Fault, Process } from '../../test/conformance/engine.ts'
import { firstAccounts } from '../../test/conformance/ledger.ts'
import { folder, overMemory, type Surroundings } from '../../test/conformance/memory-stage.ts'
import { FaultyFiles } from '../../test/faulty-files.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { CsvLedger } from '../ledger-engine.ts'
import { CsvLog } from '../log-engine.ts'
import { CsvMap } from '../map-engine.ts'
import { makeFolder } from '../open-folder.ts'
import { textFormat } from './text-format.ts'

type Opens<Store> = (surroundings: Surroundings, folder: string) => Promise<Store>

const openLedger: Opens<Ledger> = async (surroundings, folder) => {
  await makeFolder(surroundings.files, folder)
  const { ledger, report } = await CsvLedger.open({
    ...surroundings,
    folder,
    name: 'toys_db.csv',
    columns,
    seed: firstAccounts,
    rule,
    note: () => {},
    ioDelayMs: 0,
  })
  if (report.handEdits > 0) throw new Error(`${report.handEdits} hand edits were found that nobody made`)
  return ledger
}

const openLog: Opens<Log> = async (surroundings, folder) => {
  await makeFolder(surroundings.files, folder)
  const { log } = await CsvLog.open({ ...surroundings, folder, name: 'orders.csv', format, ioDelayMs: 0 })
  return log
}

/** Small pages tear small files as usual ones tear large files. */
export const pages = [64, 512, 4096] as const

export const ledgerEngines: readonly Engine<Ledger>[] = [
  ...pages.map((pageBytes) => overMemory('csv', pageBytes, (each) => openLedger(each, folder))),
  overFiles(openLedger),
]
/** Small enough that most scripts make the segments small again, and few values in memory. */
const openMap: Opens<BulkMap<string>> = async (surroundings, folder) => {
  await makeFolder(surroundings.files, folder)
  const { map } = await CsvMap.open<string>({
    ...surroundings,
    folder,
    name: 'drafts',
    format: textFormat,
    ioDelayMs: 0,
    cacheMax: 2,
    compactBytes: 500,
    hashBits: 1,
  })
  return map
}

export const mapEngines: readonly Engine<BulkMap<string>>[] = [
  ...pages.map((pageBytes) => overMemory('csv', pageBytes, (each) => openMap(each, folder))),
  overFiles(openMap),
]
export const logEngines: readonly Engine<Log>[] = [
  ...pages.map((pageBytes) => overMemory('csv', pageBytes, (each) => openLog(each, folder))),
  overFiles(openLog),
]

/** Over the real file system, in a folder of its own for each script; it can only be killed. */
function overFiles<Store>(open: Opens<Store>): Engine<Store> {
  return {
    name: 'csv-files',
    crashes: ['kill'],
    faults: ['kill', 'kill-after'],
    patienceMs: 20_000,
    async stage() {
      const folder = await mkdtemp(`${tmpdir()}/toy-store-model-`)
      const clock = new HandClock()
      return {
        start: (fault) => processOver(fault, (files, giveUp) => open({ files, clock, giveUp }, folder)),
        pass: (ms) => clock.pass(ms),
        now: () => clock.now(),
        end: () => rm(folder, { recursive: true, maxRetries: 5 }),
      }
    },
  }
}

function processOver<Store>(
  fault: Fault | undefined,
  open: (files: FileSystem, giveUp: Surroundings['giveUp']) => Promise<Store>,
): Process<Store> {
  const files = new FaultyFiles()
  let ended = false
  if (fault !== undefined) files.freeze({ after: fault.at, halfWrite: fault.kind === 'kill-after' })
  void files.frozen.then(() => {
    ended = true
  })
  return {
    opened: open(files, () => {
      ended = true
    }),
    get ended() {
      return ended
    },
    struck: false,
    refusing: false,
    givenUp: false,
    crash: () => files.release(),
  }
}
