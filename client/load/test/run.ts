/** Starts the load command as a process of its own, so that tests see real exit codes and real signals. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { compileCache } from '../../own-store.ts'
import { type Result, resultSchema } from '../result.ts'

const entry = fileURLToPath(new URL('./entry.ts', import.meta.url))

export interface Ran {
  code: number | null
  out: string
  err: string
}

/** `ran` resolves when the process and all that hold its output are gone. The empty environment keeps tap's options out. */
export function startLoad(args: string[], file = entry): { child: ChildProcess; ran: Promise<Ran> } {
  const child = spawn(process.execPath, [file, 'load', ...args], {
    env: compileCache,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const ran = Promise.all([closed, text(child.stdout), text(child.stderr)])
  return { child, ran: ran.then(([code, out, err]) => ({ code, out, err })) }
}

/** `load` with a store's address and options written as on a command line. */
export function runLoad(url: string, options: string): Promise<Ran> {
  return startLoad(['--url', url, ...options.split(' ').filter(Boolean)]).ran
}

/** The numbers of one line of the counts table, by the table's own headings. */
export function totals(out: string, kind: string): Record<string, number> {
  const lines = out.split('\n')
  const headings = lines
    .find((line) => /^ +requests /.test(line))!
    .trim()
    .split(/ +/)
  const cells = lines
    .find((line) => line.startsWith(`${kind} `))!
    .split(/ +/)
    .slice(1)
  return Object.fromEntries(headings.map((heading, column) => [heading, Number(cells[column]!.replaceAll(',', ''))]))
}

/** Runs a load and reads what it wrote with `--json`. */
export async function loadResult(t: Test, url: string, options: string, wantedCode = 0): Promise<Result> {
  const file = `${mkdtempSync(`${tmpdir()}/load-`)}/result.json`
  t.teardown(() => rmSync(dirname(file), { recursive: true }))
  const { code, out, err } = await startLoad(['--url', url, '--json', file, ...options.split(' ')]).ran
  t.equal(code, wantedCode, code === wantedCode ? options : `${out}\n${err}`)
  return resultSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
}
