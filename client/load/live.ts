/** Shows how the load goes: one line that renews itself on a terminal, a plain line every two seconds elsewhere. */

import cliProgress from 'cli-progress'
import { isObject } from '../json.ts'
import { Connection } from './connection.ts'
import { endOf } from './profile.ts'
import type { RunningLoad } from './run.ts'
import { listPath } from './toys.ts'

const terminalMs = 250
const plainMs = 2000
/** The rate is of the last so many milliseconds. */
const rateMs = 2000
/** More toys than on a page are not added up. */
const toysMax = 1000
const stockMs = 1000

interface Shown {
  /** 0 to 1. */
  done: number
  rate: number
  p50: string
  p99: string
  failed: number
  /** Of the loaded toys; none where it is not known. */
  stock: string
  left: string
}

/** The returned function ends the showing. */
export function showLive(stream: NodeJS.WriteStream, load: RunningLoad): () => void {
  const stock = new Stock(load)
  const rate = requestRate()
  rate(0, performance.now())
  let lately: ReturnType<RunningLoad['lately']>
  const look = (): Shown => {
    const { requests, failures } = load.progress()
    lately = load.lately() ?? lately
    const done = shareDone(load)
    return {
      done,
      rate: rate(requests, performance.now()),
      p50: time(lately?.p50),
      p99: time(lately?.p99),
      failed: failures,
      stock: stock.left === undefined ? '' : stock.left.toLocaleString('en-US'),
      left: secondsLeft(load, done),
    }
  }
  if (!stream.isTTY) {
    const ticking = setInterval(() => stream.write(`${plainLine(look())}\n`), plainMs)
    return () => {
      clearInterval(ticking)
      stock.end()
    }
  }
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage}%  {rate}/s  p50 {p50} p99 {p99} ms  {failed} failed{stock}  {left} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 10,
    linewrap: false,
    hideCursor: true,
    gracefulExit: false,
  })
  const payload = ({ done: _, stock, rate, ...shown }: Shown) => ({
    ...shown,
    rate: rate.toLocaleString('en-US'),
    stock: stock === '' ? '' : `  stock ${stock}`,
  })
  const show = () => {
    const shown = look()
    bar.update(Math.round(100 * shown.done), payload(shown))
  }
  bar.start(100, 0, payload(look()))
  const ticking = setInterval(show, terminalMs)
  return () => {
    clearInterval(ticking)
    stock.end()
    show()
    bar.stop()
  }
}

export function plainLine({ done, rate, p50, p99, failed, stock, left }: Shown): string {
  const pieces = stock === '' ? '' : `, stock ${stock}`
  return `${Math.floor(100 * done)} %: ${rate.toLocaleString('en-US')} requests/s, p50 ${p50} ms, p99 ${p99} ms, ${failed.toLocaleString('en-US')} failed${pieces}, ${left} left`
}

/** By rounds where they end it, else by time. */
function shareDone({ plan: { model }, toys: _, ...load }: RunningLoad): number {
  if (model.type === 'closed' && model.rounds !== null) {
    const sessions = model.profile.points[0]!.level
    return Math.min(1, load.progress().rounds / (model.rounds * sessions))
  }
  return load.startedAt === 0 ? 0 : Math.min(1, Math.max(0, Date.now() - load.startedAt) / endOf(model.profile))
}

function secondsLeft({ startedAt }: RunningLoad, done: number): string {
  if (startedAt === 0 || done <= 0) return '?'
  const ms = Math.max(0, Date.now() - startedAt)
  const seconds = Math.round((ms / done - ms) / 1000)
  return seconds < 120 ? `${seconds}s` : `${Math.round(seconds / 60)}m`
}

const time = (ms: number | undefined): string => (ms === undefined ? '-' : ms.toFixed(ms < 10 ? 1 : 0))

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

/** Asks now and then how many pieces of the loaded toys there are: one request a second, beside those that are counted. */
class Stock {
  left: number | undefined
  readonly #toys: ReadonlySet<string>
  readonly #connection: Connection
  readonly #ticking: NodeJS.Timeout | undefined

  constructor({ plan: { url, timeoutMs }, toys }: RunningLoad) {
    this.#toys = new Set(toys)
    this.#connection = new Connection(url, timeoutMs)
    let asking = false
    const ask = async (): Promise<void> => {
      if (asking) return
      asking = true
      const ending = await this.#connection.ask({ method: 'GET', path: listPath })
      if (ending.ok) this.left = this.#sum(ending.body.data)
      asking = false
    }
    if (toys.length > toysMax) return
    void ask()
    this.#ticking = setInterval(() => void ask(), stockMs)
  }

  end(): void {
    clearInterval(this.#ticking)
    this.#connection.interrupt()
  }

  #sum(data: unknown): number | undefined {
    if (!Array.isArray(data)) return undefined
    let sum = 0
    for (const toy of data)
      if (isObject(toy) && this.#toys.has(String(toy.name)) && typeof toy.quantity === 'number') sum += toy.quantity
    return sum
  }
}
