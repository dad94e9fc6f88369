/** What running processes have taken so far, from /proc. Throws where one of them has gone. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Seconds in user and system mode, of all their threads (proc_pid_stat(5), fields 14 and 15). */
export const cpuSeconds = (pids: readonly number[]): number =>
  sum(pids, (pid) => ticksOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))) / ticksPerSecond

/** The second field is the program's name and may hold spaces and brackets. */
export function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Bytes in memory; what processes share is counted for each. */
export const residentBytes = (pids: readonly number[]): number =>
  sum(pids, (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024)

const sum = (pids: readonly number[], of: (pid: number) => number): number =>
  pids.reduce((total, pid) => total + of(pid), 0)
