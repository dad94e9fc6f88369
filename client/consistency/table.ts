/** How a check is told: a line a run. */
import type { Checked, Outcome } from './check.ts'
import type { Wrong } from './judge.ts'
import { isWrong } from './run.ts'

/** Answers, stock, credit, log. */
export const figures = ({ answers, stock, credit, log }: Wrong): string => `${answers}/${stock}/${credit}/${log}`

export function runLine(outcome: Outcome): string {
  const { run, case: name, succeeded, expected, refused, unanswered, seconds, wrong } = outcome
  const because = Object.entries(refused).map(([word, count]) => `${number(count)} ${word}`)
  const parts = [
    `${number(succeeded)} succeeded${expected === null ? '' : ` (of ${number(expected)} that had to)`}`,
    ...because,
    ...(unanswered === 0 ? [] : [`${number(unanswered)} UNANSWERED`]),
    ...killWords(outcome),
    `${seconds.toFixed(1)} s`,
  ]
  return `${isWrong(outcome) ? 'WRONG' : 'ok   '}  run ${run}, ${name}: ${figures(wrong)}  ${parts.join(', ')}`
}

const killWords = ({ killed, killedAfter, retries }: Outcome): string[] =>
  killed === null
    ? []
    : [`${killed} killed after ${number(killedAfter ?? 0)} answers, asked again ${number(retries)} times`]

export function lastLine({ outcomes, held }: Checked): string {
  const sum = { answers: 0, stock: 0, credit: 0, log: 0 }
  for (const { wrong } of outcomes) for (const kind of Object.keys(sum) as (keyof Wrong)[]) sum[kind] += wrong[kind]
  const all = number(outcomes.length)
  const hit = outcomes.filter(({ killed, retries }) => killed !== null && retries > 0).length
  const kills = outcomes.some(({ killed }) => killed !== null) ? `; in ${number(hit)} a kill was felt by buyers` : ''
  return `wrong in answers/stock/credit/log: ${figures(sum)}; ${number(held)} of ${all} without a fault${kills}`
}

const number = (value: number): string => value.toLocaleString('en-US')
