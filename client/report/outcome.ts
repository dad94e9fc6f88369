/** The head of a report: when and what, whether everything held, and the few numbers that are asked for first. */
import type { Result } from '../load/result.ts'
import { type Html, html } from './markup.ts'
import { counted, milliseconds, percent, rate, secondsText, timeText, whole } from './numbers.ts'
import { state, tableHtml, wordColumns } from './tables.ts'

const differencesShown = 100

export function outcomeHtml(result: Result): Html {
  return html`<p class="soft">${timesText(result)}</p>
<p class="verdict ${outcomeOf(result).look}">${outcomeOf(result).line}</p>
${thresholdsHtml(result)}
${verdictHtml(result)}
${result.notes.map((note) => html`<p class="note"><strong>Note:</strong> ${note}</p>\n`)}
${figuresHtml(result)}`
}

function timesText({ startedAt, seconds, warmupSeconds, rounds }: Result): string {
  const warmup = warmupSeconds > 0 ? ` after ${secondsText(warmupSeconds)} of warm-up` : ''
  return `${timeText(startedAt)}; ${secondsText(seconds)} measured${warmup}; ${counted(rounds, 'round')}`
}

/** What everything that was asked to hold came to, in a line. */
function outcomeOf({ thresholds, verdict }: Result): { look: 'good' | 'bad' | ''; line: string } {
  const missed = thresholds.filter(({ held }) => !held).length
  const parts: string[] = []
  if (thresholds.length > 0)
    parts.push(
      missed > 0
        ? `${whole(missed)} of ${counted(thresholds.length, 'threshold')} missed`
        : `${thresholds.length === 1 ? 'the threshold' : `all ${whole(thresholds.length)} thresholds`} held`,
    )
  if (verdict !== null) parts.push(verdict.balanced ? 'the books balance' : 'the books do not balance')
  if (parts.length === 0)
    return { look: '', line: 'Measured only: no thresholds were set, and the books were not checked.' }
  const isGood = missed === 0 && verdict?.balanced !== false
  const line = parts.join('; ')
  return { look: isGood ? 'good' : 'bad', line: `${isGood ? '✓' : '✗'} ${line[0]!.toUpperCase()}${line.slice(1)}.` }
}

function thresholdsHtml({ thresholds }: Result): Html | undefined {
  if (thresholds.length === 0) return undefined
  return tableHtml({
    name: 'Thresholds',
    columns: wordColumns('threshold', 'measured', 'outcome'),
    isSnug: true,
    rows: thresholds.map(({ text, measured, held }) => [
      text,
      measured ?? 'no samples',
      state(held, held ? 'held' : 'missed'),
    ]),
  })
}

function verdictHtml({ verdict }: Result): Html | undefined {
  if (verdict === null) return undefined
  const { line, balanced, differences } = verdict
  const more = differences.length - differencesShown
  return html`<p>${state(balanced, 'Books:')} ${line}</p>
${
  differences.length === 0
    ? undefined
    : html`<details open><summary>${counted(differences.length, 'difference')}</summary>
<ol>${differences.slice(0, differencesShown).map((difference) => html`<li>${difference}</li>\n`)}</ol>
${more > 0 ? html`<p class="note">… and ${whole(more)} more, which <code>--json</code> holds.</p>` : undefined}</details>`
}`
}

function figuresHtml({ all, kinds }: Result): Html {
  const failures = all.failures.reduce((sum, [, count]) => sum + count, 0)
  const figures: [string, string, string | undefined][] = [
    ['requests a second', rate(all.perSecond), undefined],
    ['requests', whole(all.requests), undefined],
    ['failures', whole(failures), all.requests > 0 && failures > 0 ? percent(failures / all.requests) : undefined],
    ...(all.unknown > 0 ? [['outcome unknown', whole(all.unknown), undefined] as [string, string, undefined]] : []),
    ...kinds.map(({ kind, latency: { p50, p99 } }): [string, string, string] => [
      `${kind}, p50 and p99`,
      `${milliseconds(p50)} · ${milliseconds(p99)}`,
      'ms',
    ]),
  ]
  return html`<dl class="figures">${figures.map(([name, value, unit]) => html`<div><dt>${name}</dt><dd>${value} <small>${unit}</small></dd></div>\n`)}</dl>`
}
