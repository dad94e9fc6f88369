/** Shows how the sweep goes: one line that renews itself on a terminal, a plain line for each load elsewhere. */
import cliProgress from 'cli-progress'
import type { Result } from '../load/result.ts'
import { milliseconds } from '../report/numbers.ts'
import { type Step, stepText } from './loads.ts'
import type { RunningSweep } from './run.ts'

const terminalMs = 250

/** The returned function ends the showing. Nothing but `loadLine`s where the stream is no terminal. */
export function showLive(stream: NodeJS.WriteStream, sweep: RunningSweep): () => void {
  if (!stream.isTTY) return () => {}
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage}%  {what}  {left}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 20,
    linewrap: false,
    hideCursor: true,
    gracefulExit: false,
  })
  const payload = () => ({
    what: sweep.step === undefined ? '' : `run ${sweep.step.run}, ${stepText(sweep.step)}`,
    left: leftText(sweep),
  })
  const show = () => bar.update(Math.round(100 * sweep.share()), payload())
  bar.start(100, 0, payload())
  const ticking = setInterval(show, terminalMs)
  return () => {
    clearInterval(ticking)
    show()
    bar.stop()
  }
}

export function loadLine(step: Step, { kinds }: Result, place: number, loads: number): string {
  const means = kinds.map(({ kind, latency }) => `${kind} ${milliseconds(latency.mean)} ms`)
  return `${place}/${loads}: run ${step.run}, ${stepText(step)}: ${means.join(', ')}`
}

/** As many rounds take longer where more of them buy, so this is only near. */
function leftText({ startedAt, ...sweep }: RunningSweep): string {
  const share = sweep.share()
  if (share <= 0) return ''
  const seconds = Math.round(((Date.now() - startedAt) * (1 / share - 1)) / 1000)
  return seconds < 120 ? `${seconds}s left` : `${Math.round(seconds / 60)}m left`
}
