/** Runs the load command. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import type { Test } from 'tap'
import { type Ran, startClient } from '../../test/program.ts'
import { type Result, resultSchema } from '../result.ts'

export const startLoad = (args: string[]) => startClient(['load', ...args])

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
