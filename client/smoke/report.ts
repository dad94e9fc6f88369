/** How a run is told: a line a check, or all of it as JSON. */
import type { Outcome } from './run.ts'

export interface Summary {
  url: string
  /** Why nothing was checked; null where it was. */
  fault: string | null
  checks: Outcome[]
  notes: string[]
}

const marks: Readonly<Record<Outcome['outcome'], string>> = { ok: 'ok', failed: 'FAILED', 'left out': 'left out' }

export function checkLine({ name, outcome, ms, words, fault }: Outcome): string {
  const mark = marks[outcome].padEnd(8)
  if (fault !== undefined) return `${mark}  ${name}: expected ${fault.expected}, was answered ${fault.answered}`
  const more = words.length === 0 ? '' : `: ${words.join('; ')}`
  return outcome === 'ok' ? `${mark}  ${name}${more} (${ms.toFixed(1)} ms)` : `${mark}  ${name}${more}`
}

/** `31 checks, 0 failed`; those that were left out are told too, and are no checks. */
export function lastLine({ checks }: Pick<Summary, 'checks'>): string {
  const count = (outcome: Outcome['outcome']): number => checks.filter((each) => each.outcome === outcome).length
  const leftOut = count('left out')
  return `${checks.length - leftOut} checks, ${count('failed')} failed${leftOut === 0 ? '' : `, ${leftOut} left out`}`
}

/** With every check's time in milliseconds; what does not apply is null. */
export function summaryJson({ url, fault, checks, notes }: Summary): string {
  const rows = checks.map(({ fault: found, ms, ...check }) => ({
    ...check,
    ms: Number(ms.toFixed(3)),
    expected: found?.expected ?? null,
    answered: found?.answered ?? null,
  }))
  const held = fault === null && checks.every(({ outcome }) => outcome !== 'failed')
  return JSON.stringify({ format: 1, url, held, fault, checks: rows, notes }, undefined, 2)
}
