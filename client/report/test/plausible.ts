/** Results such as a load brings, made up from a seed: what the tests of reports read in place of measured ones. */
import { seededRandom } from '../../load/plan.ts'
import { type Result, type ResultSecond, resultSchema } from '../../load/result.ts'

export interface Plausible {
  command?: string
  kinds?: readonly string[]
  seconds?: number
  warmupSeconds?: number
  /** Requests a second and kind, and the median's milliseconds. */
  perSecond?: number
  medianMs?: number
  seed?: number
  events?: Result['events']
  isOpen?: boolean
  more?: Partial<Result>
}

/** During an event most requests fail and the others are slow. Always a Result that its schema takes. */
export function plausibleResult({
  command = 'load',
  kinds = ['query', 'buy'],
  seconds = 60,
  warmupSeconds = 0,
  perSecond = 2000,
  medianMs = 1.2,
  seed = 1,
  events = [],
  isOpen = false,
  more = {},
}: Plausible = {}): Result {
  const random = seededRandom(seed, 0)
  const noise = (spread: number) => Math.exp(spread * (random() + random() + random() - 1.5))
  const rows: ResultSecond[] = []
  for (let second = 0; second < seconds + warmupSeconds; second++) {
    const down = events.some(({ at, until }) => second >= Math.floor(at) && second < (until ?? at + 0.5))
    const warm = 1 - 0.5 * Math.exp(-second / 4)
    for (const [i, kind] of kinds.entries()) {
      const requests = Math.round((perSecond / (1 + 1.6 * i)) * warm * noise(0.08) * (down ? 0.15 : 1))
      const failures = down ? Math.round(requests * 0.4) : 0
      const refused = i === 1 ? Math.round(requests * 0.02 * random()) : 0
      const p50 = medianMs * (1 + 1.5 * i) * noise(0.1) * (down ? 20 : 1)
      rows.push({
        ...{ second, kind, requests, refused, failures, ok: requests - refused - failures },
        ...{ retries: Math.round(failures / 2), p50, p90: p50 * 1.9 * noise(0.15), p99: p50 * 4.5 * noise(0.3) },
        mean: p50 * 1.2,
        max: p50 * 14 * noise(0.9),
      })
    }
  }
  const measured = rows.filter(({ second }) => second >= warmupSeconds)
  const tallies = kinds.map((kind) => ({
    kind,
    ...tallyOf(
      measured.filter((row) => row.kind === kind),
      seconds,
    ),
  }))
  return resultSchema.parse({
    ...{
      format: 1,
      command,
      startedAt: '2026-11-21T09:17:59.631Z',
      seconds,
      warmupSeconds,
      url: 'http://127.0.0.1:8080',
    },
    settings: [
      ['--duration', `${seconds}s`],
      ['--clients', '64'],
      ['--processes', '2'],
      ['--buy', '0.4'],
    ],
    machine: [
      ['processor', '2 cores of a made-up processor'],
      ['memory', '8 GiB'],
      ['Node', process.version],
    ],
    rounds: tallies[0]?.requests ?? 0,
    all: tallyOf(measured, seconds),
    kinds: tallies.map((tally, i) => ({
      ...tally,
      distribution: distributionOf(medianMs * (1 + 1.5 * i), tally.latency.count),
      histogram: '',
    })),
    perSecond: rows,
    load: Array.from({ length: kinds.length === 0 ? 0 : seconds + warmupSeconds }, (_, second) => ({
      second,
      clients: isOpen ? Math.round(20 + 30 * random()) : 64,
      arrivalsPerSecond: isOpen ? perSecond * Math.min(1, (second + 1) / 20) : null,
    })),
    events,
    processes: [0, 1].map((process) => ({ process, requests: 61_234, cpuShare: 0.62 + process / 10, lateP99: 0.41 })),
    ...{ notes: [], thresholds: [], verdict: null, ...more },
  })
}

function tallyOf(rows: readonly ResultSecond[], seconds: number) {
  const sum = (of: 'requests' | 'ok' | 'refused' | 'failures' | 'retries') =>
    rows.reduce((total, { [of]: count }) => total + count, 0)
  const mean = (of: 'p50' | 'p90' | 'p99') => rows.reduce((total, { [of]: ms }) => total + ms!, 0) / rows.length
  const [requests, failures] = [sum('requests'), sum('failures')]
  const none = { count: 0, min: null, mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, max: null }
  return {
    ...{ requests, retries: sum('retries'), unknown: Math.round(failures / 3), perSecond: requests / (seconds || 1) },
    answers: [['ok', sum('ok')] as const, ...(sum('refused') > 0 ? [['out_of_stock', sum('refused')] as const] : [])],
    failures:
      failures === 0
        ? []
        : [['connection', Math.ceil(failures / 2)] as const, ['timeout', Math.floor(failures / 2)] as const],
    latency:
      rows.length === 0
        ? none
        : {
            ...{ count: requests, min: mean('p50') / 3, mean: mean('p50') * 1.3, p50: mean('p50'), p90: mean('p90') },
            ...{ p95: mean('p90') * 1.5, p99: mean('p99'), p999: mean('p99') * 2.2 },
            max: rows.reduce((most, { max }) => Math.max(most, max!), 0),
          },
  }
}

function distributionOf(medianMs: number, count: number): [number, number][] {
  const made: [number, number][] = []
  for (let place = 0; 10 ** place < count; place += 0.05)
    made.push([100 - 100 / 10 ** place, medianMs * (0.35 + place ** 1.9 * 2.2)])
  return count === 0 ? [] : [...made, [100, (made.at(-1)?.[1] ?? medianMs) * 1.3]]
}

/** Words that would run, break out or be a formula, wherever they were taken as they stand. */
export const hostileWords = [
  '</script><script>window.broken = 1</script>',
  '"><img src=x onerror="window.broken = 2">',
  "'--><svg onload=window.broken=3>",
  '=cmd|" /C calc"!A0',
  '__proto__',
  'ö'.repeat(300),
  '',
]

/** Hostile words wherever a Result has words. */
export function hostileResult(): Result {
  const [script, image, comment, formula, proto, long] = hostileWords as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const result = plausibleResult({ kinds: [script, formula, proto], seconds: 12 })
  for (const kind of result.kinds) {
    kind.answers.push([image, 3], [proto, 2])
    kind.failures.push([script, 2], [long, 1], [comment, 1])
  }
  return {
    ...result,
    ...{ command: image, url: `http://127.0.0.1:1/${script}`, startedAt: comment },
    settings: hostileWords.map((word) => [word, word]),
    machine: hostileWords.map((word) => [word, word]),
    events: hostileWords.map((what, at) => ({ at, until: at % 2 === 0 ? at + 0.4 : null, what })),
    notes: [...hostileWords],
    thresholds: hostileWords.map((text, i) => ({ text, measured: i === 0 ? null : text, held: i > 1 })),
    verdict: { line: script, balanced: false, differences: [...hostileWords] },
  }
}

/** A load that measured nothing. */
export function emptyResult(): Result {
  return plausibleResult({ kinds: [], seconds: 0, more: { processes: [], settings: [], machine: [] } })
}
