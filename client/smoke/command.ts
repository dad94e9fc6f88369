/**
 * `smoke --url URL`: every route of a store once, in seconds. Exit code 0 when all held, 1 when something did not or no store
 * answers, 2 for wrong use.
 */
import { type Command, Option } from 'commander'
import { addToken, addUrl, checkUrl, duration, newCommand, type UrlOptions } from '../options.ts'
import { summaryJson } from './report.ts'
import { type SmokeOptions, smoke } from './smoke.ts'

interface Options extends UrlOptions, SmokeOptions {
  json?: true
}

const more = `
It asks every route once, also for what must be refused, and compares what the answers say with each other. It makes one
real order: one piece of the toy of which there are the most. Nothing else of it stays. A store that is sold out, or in use,
is checked as far as that goes; what is left out is told.

Nobody can take a toy or a customer away again. So the routes that make them, and those that need one of ours, are only asked
for what must be refused; with --create they are asked for all they do, and what was made stays, sold out and without credit.

Exit code: 0 all held, 1 something did not or there is no store, 2 wrong use.`

/** For the client's program. Sets the process's exit code when its work is done. */
export function smokeCommand(): Command {
  const command = newCommand('smoke', 'check every route of a store once; makes one real order')
  return addToken(addUrl(command), "to check the owner's routes")
    .addOption(
      new Option('--timeout <time>', 'the most that a request may take')
        .argParser(duration(100, 60_000))
        .default(5000, '5s'),
    )
    .option(
      '--create',
      'also make what stays: a toy, an item, customers and drafts, without pieces and credit in the end',
    )
    .option('--json', 'tell all of it as JSON')
    .addHelpText('after', more)
    .action(async (options: Options) => {
      checkUrl(command, options)
      const summary = await smoke(options, options.json ? () => {} : (line) => process.stdout.write(`${line}\n`))
      if (options.json) process.stdout.write(`${summaryJson(summary)}\n`)
      else if (summary.fault !== null) process.stderr.write(`smoke: ${summary.fault}\n`)
      process.exitCode = summary.fault !== null || summary.checks.some(({ outcome }) => outcome === 'failed') ? 1 : 0
    })
}
