/** `compare a.json b.json`: whether b did better than a, or worse, or whether the difference is noise. */
import { basename } from 'node:path'
import type { Command } from 'commander'
import { newCommand } from '../options.ts'
import { compareResults } from './compare.ts'
import { comparisonHtml } from './compare-html.ts'
import { comparisonText } from './compare-text.ts'
import { readResult } from './read-result.ts'
import { checkWritable, writeReport } from './writable.ts'

interface CompareOptions {
  report?: string
  json?: true
}

/** Exit code 0 whatever the comparison says, 2 where a file is no result or the report cannot be written. */
export function compareCommand(): Command {
  return newCommand('compare', 'hold two results of load --json against each other, and tell what is noise')
    .argument('<a.json>', 'the result to compare with')
    .argument('<b.json>', 'the result to judge')
    .option('--report <file>', 'write a page with both in the same charts')
    .option('--json', 'print the comparison as JSON')
    .action(async (a: string, b: string, options: CompareOptions) => {
      try {
        await compare(a, b, options)
      } catch (error) {
        process.stderr.write(`compare: ${(error as Error).message}\n`)
        process.exitCode = 2
      }
    })
}

async function compare(pathA: string, pathB: string, { report, json }: CompareOptions): Promise<void> {
  const [a, b] = [await readResult(pathA), await readResult(pathB)]
  if (report !== undefined) await checkWritable(report)
  const comparison = compareResults(a, b)
  if (report !== undefined) {
    const run = (path: string, result: typeof a) => ({ name: basename(path), result })
    await writeReport(report, comparisonHtml(comparison, run(pathA, a), run(pathB, b)))
  }
  const text = json ? JSON.stringify(comparison, undefined, 2) : comparisonText(comparison, { a: pathA, b: pathB })
  process.stdout.write(`${text}\n`)
}
