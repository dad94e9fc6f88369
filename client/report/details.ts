/** The tables of a report: counts and times by kind, events, errors, the client's processes, settings, the seconds. */
import type { Result, ResultTally } from '../load/result.ts'
import { type Html, html } from './markup.ts'
import { counted, milliseconds, nothing, percent, rate, secondsText, whole } from './numbers.ts'
import { kindsOf, slotsOf, slotsOfKind } from './seconds.ts'
import { numberColumns, tableHtml, wordColumns } from './tables.ts'

/** A longer table of seconds would make the page heavy; `--csv` has them all. */
const slotsListed = 300

export function countsHtml({ kinds, all }: Result): Html {
  const row = (label: string, tally: ResultTally): string[] => {
    const { latency } = tally
    const ok = countOf(tally.answers, 'ok')
    return [
      label,
      ...[tally.requests, ok, sumOf(tally.answers) - ok, sumOf(tally.failures), tally.retries, tally.unknown].map(
        whole,
      ),
      rate(tally.perSecond),
      ...[latency.mean, latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(milliseconds),
    ]
  }
  return html`<section>
<h2>By kind of request</h2>
${tableHtml({
  name: 'Counts and times by kind of request',
  columns: [
    ...wordColumns('kind'),
    ...numberColumns('requests', 'ok', 'other answers', 'failures', 'retries', 'unknown', 'requests/s'),
    ...numberColumns('mean ms', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'max ms'),
  ],
  rows: [...kinds.map((kind) => row(kind.kind, kind)), row('all', all)],
  hasSum: true,
})}
<p class="note">Requests count repeated ones too; of a request that was repeated, the time is from its first sending to its last
answer. <em>Other answers</em> are what the store is there to say beside ok, as that a toy is sold out. <em>Unknown</em> are
requests that nobody answered, or whose answer says so.</p>
</section>
`
}

export function eventsHtml({ events }: Result): Html | undefined {
  if (events.length === 0) return undefined
  return html`<section>
<h2>What happened to the store</h2>
${tableHtml({
  name: 'Events, as numbered in the charts',
  columns: [...wordColumns('number', 'what'), ...numberColumns('began at', 'lasted')],
  rows: events.map(({ at, until, what }, i) => [
    String(i + 1),
    what,
    `${at.toFixed(1)} s`,
    until === null ? nothing : `${Math.max(until - at, 0).toFixed(1)} s`,
  ]),
  isTall: true,
  isSnug: true,
})}
</section>
`
}

export function errorsHtml({ kinds }: Result): Html {
  const words = (list: 'answers' | 'failures', what: string): string[][] =>
    kinds.flatMap(({ kind, requests, [list]: counts }) =>
      counts
        .filter(([word]) => word !== 'ok')
        .toSorted(([, a], [, b]) => b - a)
        .map(([word, count]) => [kind, what, word, whole(count), requests > 0 ? percent(count / requests) : nothing]),
    )
  const rows = [...words('failures', 'failure'), ...words('answers', 'other answer')]
  return html`<section>
<h2>Errors and other answers</h2>
${
  rows.length === 0
    ? html`<p>None.</p>`
    : tableHtml({
        name: 'Errors and other answers by kind of request',
        columns: [...wordColumns('kind', 'sort', 'what'), ...numberColumns('count', 'of requests')],
        rows,
      })
}
</section>
`
}

export function processesHtml({ processes }: Result): Html | undefined {
  if (processes.length === 0) return undefined
  return html`<section>
<h2>The client itself</h2>
${tableHtml({
  name: "The client's processes",
  columns: numberColumns('process', 'requests', 'share of a core', 'own delay p99 ms'),
  rows: processes.map(({ process, requests, cpuShare, lateP99 }) => [
    String(process),
    whole(requests),
    percent(cpuShare),
    milliseconds(lateP99),
  ]),
})}
<p class="note">Near 100 % of a core, or with a delay like the times above, a process measured itself rather than the store.</p>
</section>
`
}

export function settingsHtml({ settings, machine }: Pick<Result, 'settings' | 'machine'>): Html {
  const pairs = (name: string, rows: [string, string][], heading: string): Html | undefined =>
    rows.length === 0
      ? undefined
      : html`<section>
<h2>${name}</h2>
${tableHtml({ name, columns: wordColumns(heading, 'value'), rows })}
</section>
`
  return html`<div class="columns">
${pairs('Settings', settings, 'setting')}${pairs('Machine', machine, 'what')}</div>
`
}

/** For who reads numbers rather than pictures. */
export function secondsHtml(result: Result): Html | undefined {
  const slots = slotsOf(result, slotsListed)
  const rows = kindsOf(result).flatMap((kind) =>
    slotsOfKind(result, slots, kind).map((slot, i) => ({ second: slots.starts[i]!, kind, slot })),
  )
  if (rows.length === 0) return undefined
  const each = slots.length === 1 ? 'second' : secondsText(slots.length)
  return html`<details>
<summary>Every ${each} in numbers (${counted(rows.length, 'row')})</summary>
${slots.length === 1 ? undefined : html`<p class="note">Counts are sums of ${each}, times the highest of its seconds'; <code>--csv</code> has each second.</p>`}
${tableHtml({
  name: `Every ${each} in numbers`,
  columns: [
    ...numberColumns('second'),
    ...wordColumns('kind'),
    ...numberColumns('requests', 'ok', 'other answers', 'failures', 'retries', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'),
  ],
  rows: rows
    .toSorted((a, b) => a.second - b.second)
    .map(({ second, kind, slot }) => [
      whole(second),
      kind,
      ...[slot.requests, slot.ok, slot.refused, slot.failures, slot.retries].map(whole),
      ...[slot.p50, slot.p90, slot.p99, slot.max].map(milliseconds),
    ]),
  isTall: true,
})}
</details>
`
}

function countOf(words: readonly [string, number][], word: string): number {
  return sumOf(words.filter(([each]) => each === word))
}

function sumOf(words: readonly [string, number][]): number {
  return words.reduce((sum, [, count]) => sum + count, 0)
}
