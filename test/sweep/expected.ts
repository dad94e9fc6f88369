/**
 * What a service must do when one of its calls fails: a failed sync of a file that it appends to ends it, after answering;
 * a failed write that cannot be cut back ends it without an answer; nothing else ends a service that runs.
 */
import type { Call, Calls } from '../../storage/test/memory-disk.ts'
import type { RunningStore } from './running-store.ts'
import type { SweptKind } from './sweep.ts'

const appended = /\/(orders|movements|journal-\d+|carts-\d+)\.csv$/

/** Where a service ended and should not have, or the other way round; a sentence each. */
export function endWrong(kind: SweptKind, number: number, calls: Calls, { ended }: RunningStore): string[] {
  const struck = calls.all[number - 1]
  if (struck === undefined) return ['the call never came: the same seed gave other calls']
  const told = ended.map(
    ({ service, silent, error }) => `${service} ended ${silent ? 'silently' : ''}: ${error.message}`,
  )
  const cannotCut = kind === 'no-cut' || kind === 'no-cut-sync'
  const syncFailed = struck.kind === 'datasync' && !['short', 'kill', 'kill-after'].includes(kind)
  const may = (syncFailed && appended.test(struck.path)) || cannotCut || kind === 'full'
  if (!may || ended.length > 1) return told
  if (calls.unheard.has(number)) return told // it was killed before it could know
  if (syncFailed && isAppend(calls.all, number) && ended.length === 0) return ['it went on after a failed sync']
  return cannotCut && ended.some(({ silent }) => !silent) ? told : []
}

/** A batch behind another: a file's first sync may be that of its making, or of a start. */
function isAppend(calls: readonly Call[], number: number): boolean {
  const { path } = calls[number - 1]!
  const [sync, write, before] = calls
    .slice(0, number)
    .filter((call) => call.path === path)
    .reverse()
  return appended.test(path) && sync?.kind === 'datasync' && write?.kind === 'write' && before?.kind === 'datasync'
}
