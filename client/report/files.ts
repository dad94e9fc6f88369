/** The files that a load writes: `--json`, `--csv` and `--report`, as options of a command. */
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

/** False where one of them could not be written after all: then it has said so, and the others are there. */
export async function writeFiles(files: FileOptions, result: Result): Promise<boolean> {
  const { json, csv, report } = files
  const texts: [string | undefined, () => string][] = [
    [json, () => `${JSON.stringify(result, null, 2)}\n`],
    [csv, () => resultCsv(result)],
    [report, () => reportHtml(result)],
  ]
  let all = true
  for (const [path, text] of texts) {
    if (path === undefined) continue
    await writeReport(path, text()).catch((error: Error) => {
      all = false
      process.stderr.write(`${error.message}\n`)
    })
  }
  return all
}
