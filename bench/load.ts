/** Load for a benchmark: wrk where there is one, else sessions of our own, which cost more of the same two cores. */
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Pool } from 'undici'

export interface Round {
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Answers other than 200, and requests without one. */
  failed: number
}

const script = fileURLToPath(new URL('./buy.lua', import.meta.url))
export const hasWrk = spawnSync('wrk', ['--version']).error === undefined

/** Buys at `url` over so many connections for so many seconds. */
export const buyFor = (url: string, connections: number, seconds: number): Promise<Round> =>
  hasWrk ? withWrk(url, connections, seconds) : withSessions(url, connections, seconds)

async function withWrk(url: string, connections: number, seconds: number): Promise<Round> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url]
  const { stdout } = await promisify(execFile)('wrk', args)
  const time = (share: string): number => {
    const [, value, unit] = new RegExp(`${share}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout) ?? []
    return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? 'ms'] ?? 1)
  }
  const count = (form: RegExp): number => Number(form.exec(stdout)?.[1] ?? 0)
  const cut =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1).map(Number) ?? []
  const failed = count(/Non-2xx or 3xx responses: (\d+)/) + cut.reduce((sum, n) => sum + n, 0)
  return { perSecond: count(/Requests\/sec:\s+([\d.]+)/), p50Ms: time('50'), p99Ms: time('99'), failed }
}

async function withSessions(url: string, connections: number, seconds: number): Promise<Round> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const toys = ['Tux', 'Whale', 'Elephant', 'Fox', 'Python', 'Dolphin']
  const times: number[] = []
  let failed = 0
  const began = performance.now()
  const until = began + seconds * 1000
  const session = async (number: number): Promise<void> => {
    for (let i = number; performance.now() < until; i++) {
      const asked = performance.now()
      const body = JSON.stringify({ name: toys[i % toys.length], quantity: 1 })
      try {
        const reply = await pool.request({
          method: 'POST',
          path: '/orders',
          body,
          headers: { 'content-type': 'application/json' },
        })
        await reply.body.dump()
        if (reply.statusCode === 200) times.push(performance.now() - asked)
        else failed += 1
      } catch {
        failed += 1
      }
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, number) => session(number)))
  const took = (performance.now() - began) / 1000
  await pool.close()
  const sorted = Float64Array.from(times).sort()
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? Number.NaN
  return { perSecond: times.length / took, p50Ms: at(0.5), p99Ms: at(0.99), failed }
}
