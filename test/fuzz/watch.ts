/**
 * What the services take while they are fuzzed: memory and open files, from /proc. The samples' quarters are compared, not
 * single ones: a heap breathes, a leak only rises.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** How much more memory the median of the last quarter may take than that of the second. */
export const growthMbMax = 30
/** Descriptors beside those that were open before: a service keeps up to 64 connections to or from each of two others. */
export const filesMoreMax = 150

interface Service {
  name: string
  pid: number
  filesAtFirst: number
  mb: number[]
}

export interface Growth {
  name: string
  secondMb: number
  lastMb: number
  mostMb: number
}

export class Watch {
  readonly #services: Service[]
  readonly #timer: NodeJS.Timeout

  /** Looks at the processes `pids` every `everyMs` milliseconds. */
  constructor(pids: Readonly<Record<string, number>>, everyMs = 250) {
    this.#services = Object.entries(pids).map(([name, pid]) => ({ name, pid, filesAtFirst: filesOf(pid), mb: [] }))
    this.#timer = setInterval(() => {
      for (const { pid, mb } of this.#services) mb.push(mbOf(pid))
    }, everyMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  growth(): Growth[] {
    return this.#services.map(({ name, mb }) => {
      const quarter = (from: number): number => median(mb.slice((mb.length * from) / 4, (mb.length * (from + 1)) / 4))
      return { name, secondMb: quarter(1), lastMb: quarter(3), mostMb: Math.max(0, ...mb) }
    })
  }

  /** Descriptors that are open now and were not at the first look. */
  filesMore(): { name: string; more: number }[] {
    return this.#services.map(({ name, pid, filesAtFirst }) => ({ name, more: filesOf(pid) - filesAtFirst }))
  }
}

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** The growths that are over the bound, a sentence each. */
export const tooMuch = (growths: readonly Growth[]): string[] =>
  growths.flatMap(({ name, secondMb, lastMb }) =>
    lastMb - secondMb > growthMbMax
      ? [`${name} grew from ${Math.round(secondMb)} MB (second quarter) to ${Math.round(lastMb)} MB (last quarter)`]
      : [],
  )

/** Not a number where the process is gone. */
function mbOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return Number.NaN
  }
}

function filesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return Number.NaN
  }
}
