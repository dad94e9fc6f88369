/** Shows how far a long reading is: a line that renews itself on a terminal, a plain line now and then elsewhere. */
import cliProgress from 'cli-progress'

/** Nothing is shown of what takes less time. */
const quietMs = 1500
const plainMs = 5000

export interface Progress {
  /** `share` from 0 to 1. */
  tell(what: string, share: number): void
  /** Takes the line away; must be called before anything else is written. */
  end(): void
}

/** On standard error, so that what is printed stays clean. */
export function newProgress(stream: NodeJS.WriteStream = process.stderr, now = () => performance.now()): Progress {
  const began = now()
  let last = began
  let bar: cliProgress.SingleBar | undefined
  return {
    tell(what, share) {
      const percent = Math.floor(share * 100)
      if (stream.isTTY) {
        if (now() - began < quietMs) return
        bar ??= startBar(stream)
        bar.update(percent, { what })
      } else if (now() - last > plainMs) {
        last = now()
        stream.write(`${what}: ${percent} %\n`)
      }
    },
    end() {
      bar?.stop()
      bar = undefined
    },
  }
}

function startBar(stream: NodeJS.WriteStream): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage} %  {what}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 20,
    clearOnComplete: true,
    gracefulExit: false,
  })
  bar.start(100, 0, { what: '' })
  return bar
}

/** For who wants none. */
export const noProgress: Progress = { tell() {}, end() {} }
