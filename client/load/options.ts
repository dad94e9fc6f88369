/** The options of the load command: what each takes, and the sentence for one that it does not take. */
import { type Command, InvalidArgumentError } from 'commander'

export interface LoadOptions {
  /** The store's origin, on this machine. */
  url: string
  processes: number
  /** Rounds per session. */
  requests: number
  /** The probability that a round buys, 0 to 1. */
  buy: number
  /** Sessions in all; as many as processes where none is given. */
  clients?: number
  seed?: number
  quantity: number
  /** Seconds. */
  timeout: number
}

export function addLoadOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the store, on this machine', loopbackOrigin, 'http://127.0.0.1:8080')
    .option('--processes <n>', 'worker processes', wholeNumber(1, 256), 2)
    .option(
      '--clients <n>',
      'sessions in all, each on its own connection (default: the processes)',
      wholeNumber(1, 10_000),
    )
    .option(
      '--requests <n>',
      'rounds per session: a query, then perhaps a purchase',
      wholeNumber(1, 1_000_000_000),
      1000,
    )
    .option('--buy <p>', 'the probability that a round buys, 0 to 1', numberWithin(0, 1), 0.4)
    .option('--quantity <n>', 'the most pieces that a purchase asks for', wholeNumber(1, 1_000_000), 5)
    .option('--seed <n>', 'repeats the choices of an earlier run (default: a random one)', wholeNumber(0, 2 ** 32 - 1))
    .option('--timeout <seconds>', 'the most that a request may take', numberWithin(0.1, 60), 10)
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}

function numberWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^(\d+\.?|\d*\.\d+)$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`)
  }
}

function loopbackOrigin(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' || url.href !== `${url.origin}/`) {
    throw new InvalidArgumentError('It must be an address like http://127.0.0.1:8080, and nothing more.')
  }
  // URL has already turned every spelling of an IPv4 address into four numbers.
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) {
    throw new InvalidArgumentError('load goes only to this machine: localhost, 127.0.0.1 or [::1].')
  }
  return url.origin
}
