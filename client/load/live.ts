/** Shows how far the load is: one line that renews itself on a terminal, a plain line every two seconds elsewhere. */
import cliProgress from 'cli-progress'
import type { Progress } from './counts.ts'

const terminalMs = 250
const plainMs = 2000
/** The rate is of the last so many milliseconds. */
const rateMs = 2000

/** `total` is in rounds; `progress` is asked whenever something is shown. The returned function ends the showing. */
export function showProgress(stream: NodeJS.WriteStream, total: number, progress: () => Progress): () => void {
  const rate = requestRate()
  rate(0, performance.now())
  if (!stream.isTTY) {
    const ticking = setInterval(() => {
      const now = progress()
      stream.write(`${plainLine(now, total, rate(now.requests, performance.now()))}\n`)
    }, plainMs)
    return () => clearInterval(ticking)
  }

  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage} %  {value}/{total} rounds  {rate} req/s  {failed} failed  {eta_formatted}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 14,
    etaBuffer: 40,
    linewrap: true,
    gracefulExit: false,
  })
  const show = () => {
    const now = progress()
    bar.update(now.rounds, { rate: rate(now.requests, performance.now()), failed: now.failures })
  }
  bar.start(total, 0, { rate: 0, failed: 0 })
  const ticking = setInterval(show, terminalMs)
  return () => {
    clearInterval(ticking)
    show()
    bar.stop()
  }
}

export function plainLine({ rounds, failures }: Progress, total: number, rate: number): string {
  const percentage = Math.floor((100 * rounds) / total)
  return `${rounds}/${total} rounds (${percentage} %), ${rate} requests/s, ${failures} failed`
}

/** A function from the requests so far, at a time in milliseconds, to the requests per second lately. */
export function requestRate(): (requests: number, atMs: number) => number {
  const seen: { requests: number; atMs: number }[] = []
  return (requests, atMs) => {
    seen.push({ requests, atMs })
    while (seen.length > 2 && atMs - seen[1]!.atMs >= rateMs) seen.shift()
    const first = seen[0]!
    return atMs === first.atMs ? 0 : Math.round((1000 * (requests - first.requests)) / (atMs - first.atMs))
  }
}
