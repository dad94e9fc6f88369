/** Load by wrk, with one thread, and what its output says. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Load, Round } from './load.ts'

const script = fileURLToPath(new URL('./requests.lua', import.meta.url))

export async function runWrk(url: string, load: Load, connections: number, seconds: number): Promise<Round> {
  const requests = load.requests.map(({ path, body }) =>
    body === undefined ? path : `${path}\t${JSON.stringify(body)}`,
  )
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    script,
    url,
    '--',
    load.method,
    String(load.numbered ?? 0),
    String(load.seed?.() ?? 0),
  ]
  const { stdout } = await promisify(execFile)('wrk', [...args, ...requests])
  return readWrk(stdout, load.status)
}

const units: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Throws where the text is not wrk's. `status` is the wanted one: wrk tells only whether it is a 2xx or 3xx. */
export function readWrk(text: string, status: number): Round {
  const find = (form: RegExp): string[] => {
    const found = form.exec(text)
    if (found === null) throw new Error(`wrk's output is not understood:\n${text}`)
    return found.slice(1)
  }
  const [count, time, unit] = find(/^\s*(\d+) requests in ([\d.]+)(us|ms|s|m|h),/m)
  const total = Number(count)
  const seconds = (Number(time) * units[unit!]!) / 1000
  const percentile = (share: number): number => {
    const [value, unit] = find(new RegExp(`^\\s*${share}%\\s+([\\d.]+)(us|ms|s|m|h)\\s*$`, 'm'))
    return Number(value) * units[unit!]!
  }
  const errors = Number(/^\s*Non-2xx or 3xx responses: (\d+)$/m.exec(text)?.[1] ?? 0)
  const cut = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? []
  const answers = status < 400 ? total - errors : errors
  return {
    answers,
    perSecond: answers / seconds,
    p50Ms: percentile(50),
    p99Ms: percentile(99),
    failed: total - answers + cut.reduce((sum, each) => sum + Number(each), 0),
  }
}
