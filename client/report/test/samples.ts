/** The reports that are looked at in a browser, by name: what a load, a chaos run, nothing and hostile words come to. */
import type { Result } from '../../load/result.ts'
import { compareResults } from '../compare.ts'
import { comparisonHtml } from '../compare-html.ts'
import { reportHtml } from '../html.ts'
import { emptyResult, hostileResult, plausibleResult } from './plausible.ts'

const chaosEvents: Result['events'] = [
  { at: 12.4, until: 13.6, what: 'kill -9 of the order service; it was ready again' },
  { at: 31.2, until: 36.2, what: 'catalog paused (SIGSTOP)' },
  { at: 47.5, until: null, what: 'all connections of payment cut' },
  { at: 62, until: 64.1, what: 'kill -9 of all services' },
  { at: 63, until: 66.5, what: 'front end paused (SIGSTOP)' },
  { at: 98.3, until: 99.7, what: 'kill -9 of the catalog' },
]

/** Result by name. */
export const samples: Record<string, () => Result> = {
  load: () =>
    plausibleResult({
      warmupSeconds: 5,
      isOpen: true,
      more: {
        thresholds: [
          { text: 'query p99 < 20 ms', measured: '5.4 ms', held: true },
          { text: 'buy p99.9 < 20 ms', measured: '27.1 ms', held: false },
          { text: 'failures < 0.1 %', measured: '0 %', held: true },
        ],
        notes: ['The rate asked for could not be reached: 1,880 arrivals a second of 2,000.'],
        verdict: { line: 'books balanced: 38,038 orders, 6 toys, 0 differences', balanced: true, differences: [] },
      },
    }),
  chaos: () =>
    plausibleResult({
      command: 'chaos',
      kinds: ['query', 'buy', 'order'],
      seconds: 120,
      events: chaosEvents,
      more: {
        thresholds: [{ text: 'the store is back within 5 s', measured: '3.1 s', held: true }],
        verdict: {
          line: '2 differences',
          balanced: false,
          differences: ['Tux: 9,998 in stock + 3 sold, but 10,000 moved', 'order 17 is missing'],
        },
      },
    }),
  long: () => plausibleResult({ seconds: 3600, kinds: ['query', 'buy', 'order'] }),
  empty: emptyResult,
  hostile: hostileResult,
}

const compared = (a: Result, b: Result): string =>
  comparisonHtml(compareResults(a, b), { name: 'before.json', result: a }, { name: 'after.json', result: b })

/** Every page, by name. */
export const pages: Record<string, () => string> = {
  ...Object.fromEntries(Object.entries(samples).map(([name, make]) => [name, () => reportHtml(make())])),
  compare: () =>
    compared(plausibleResult(), plausibleResult({ seed: 2, seconds: 75, perSecond: 2300, medianMs: 1.22 })),
  'compare-nothing': () => compared(emptyResult(), emptyResult()),
  'compare-hostile': () => compared(hostileResult(), plausibleResult({ seconds: 5 })),
}
