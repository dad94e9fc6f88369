/** The files that a command writes: `--json`, `--csv` and `--report`, as its options. */
import type { Command } from 'commander'
import type { Result } from '../load/result.ts'
import { resultCsv } from './csv.ts'
import { reportHtml } from './html.ts'
import { checkWritable, writeReport } from './writable.ts'

export interface FileOptions {
  json?: string
  csv?: string
  report?: string
}

export function addFileOptions(command: Command): Command {
  return command
    .option('--json <file>', 'write the result there')
    .option('--csv <file>', 'write each second there, per kind of request')
    .option('--report <file>', 'write a page to look at there, one HTML file')
}

/** Before the work begins: ends with exit code 2 where one of them cannot be written. */
export async function checkFiles(command: Command, { json, csv, report }: FileOptions): Promise<void> {
  for (const path of [json, csv, report]) {
    if (path === undefined) continue
    await checkWritable(path).catch((error: Error) => command.error(`error: ${error.message}`, { exitCode: 2 }))
  }
}

/** Of a load. */
export const writeFiles = (files: FileOptions, result: Result): Promise<boolean> =>
  writeEach(files, {
    json: () => `${JSON.stringify(result, null, 2)}\n`,
    csv: () => resultCsv(result),
    report: () => reportHtml(result),
  })

/** False where one of them could not be written after all: then it has said so, and the others are there. */
export async function writeEach(files: FileOptions, texts: Record<keyof FileOptions, () => string>): Promise<boolean> {
  let all = true
  for (const name of ['json', 'csv', 'report'] as const) {
    const path = files[name]
    if (path === undefined) continue
    await writeReport(path, texts[name]()).catch((error: Error) => {
      all = false
      process.stderr.write(`${error.message}\n`)
    })
  }
  return all
}
