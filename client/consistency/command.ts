/**
 * `consistency`: many customers check out at once what there is too little of, and answers, stock, credit and log are held
 * against each other, also with services killed in the middle. Exit code 1 where anything is wrong or unanswered, or there is no
 * store; 2 for wrong use; 130 when ended early without that.
 */
import type { Command } from 'commander'
import { newCommand } from '../options.ts'
import { NotOpened } from '../own-store.ts'
import { newProgress } from '../progress.ts'
import { checkConsistency } from './check.ts'
import { ConsistencyError } from './crowd.ts'
import { addConsistencyOptions, type ConsistencyOptions, type ConsistencyPlan, planOf } from './options.ts'
import { lastLine, runLine } from './table.ts'

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const more = `
pairs  100 items of 1 piece, 1,000 customers, 1,000 orders of two random pieces at once. A pair costs 2 credits at price 1,
       so that is what each customer has here. How many succeed depends on who comes first.
poor   the same, and each customer has 1 credit: exactly none succeeds, and all is given back.
one    1 item of 100 pieces, 1,000 customers with 1 credit, 1,000 orders of one piece: exactly 100 succeed.

Four figures a run, each of which must be 0: wrong in answers (a success without an order, an order without a success, too many
or too few of them), in stock (pieces), in credit, in the log (orders).

Exit code: 0 all are 0, 1 something is wrong or was not answered, 2 wrong use.`

/** For the client's program. Sets the process's exit code when its work is done. */
export function consistencyCommand(): Command {
  const command = newCommand('consistency', 'check out at once what there is too little of, and compare all books')
  return addConsistencyOptions(command)
    .addHelpText('after', more)
    .action(async (options: ConsistencyOptions) => {
      process.exitCode = await consistency(planOf(command, options), { json: options.json ?? false })
    })
}

async function consistency(plan: ConsistencyPlan, { json }: { json: boolean }): Promise<number> {
  const ending = new AbortController()
  const end = (): void => ending.abort()
  for (const signal of stopSignals) process.on(signal, end)
  // Nobody reads on (as with `| head`): the store and its folder still have to go.
  process.stdout.on('error', end)
  const progress = newProgress()
  const print = (line: string): void => {
    progress.end()
    if (!json) console.log(line)
  }
  try {
    print(headText(plan))
    const checked = await checkConsistency(plan, {
      progress: progress.tell,
      ended(outcome) {
        print(runLine(outcome))
        for (const example of outcome.examples) print(`         ${example}`)
      },
      ending: ending.signal,
    })
    progress.end()
    if (json) {
      const { url, outcomes, held } = checked
      console.log(JSON.stringify({ format: 1, url, seed: plan.seed, held, runs: outcomes }, undefined, 2))
    } else console.log(lastLine(checked))
    if (checked.held < checked.outcomes.length) return 1
    return ending.signal.aborted ? 130 : 0
  } catch (error) {
    progress.end()
    if (!(error instanceof ConsistencyError || error instanceof NotOpened)) throw error
    console.error(error instanceof NotOpened ? `No store could be started: ${error.message}` : error.message)
    return 1
  } finally {
    for (const signal of stopSignals) process.off(signal, end)
  }
}

function headText({ url, cases, runs, direct, kills, concurrency, seed }: ConsistencyPlan): string {
  const how = direct ? 'as purchases with keys' : 'as drafts'
  const killed = kills.length === 0 ? '' : `, kill -9 of ${kills.join(', ')} in turn`
  const what = cases.map(({ name, checkouts }) => `${name} (${checkouts.toLocaleString('en-US')} checkouts)`).join(', ')
  return `Consistency of ${url ?? 'a store of its own'}: ${what} ${how}, ${runs} runs, ${concurrency} connections${killed}, seed ${seed}.`
}
