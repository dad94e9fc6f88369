/** `--mix look=80,buy=20`: how often each story of a scenario is told. */
import { nearest } from '../options.ts'
import type { Scenario } from '../scenarios/scenario.ts'

/** In the order of the scenario's stories. Throws an Error with a sentence where the mix does not fit. */
export function weightsOf({ name, stories }: Scenario, buy: number, mix: string | undefined): number[] {
  if (mix === undefined) return stories.map(({ weight }) => (typeof weight === 'number' ? weight : weight(buy)))
  const names = stories.map((story) => story.name)
  const given = new Map<string, number>()
  for (const part of mix.split(',')) {
    const [, story, weight] = /^\s*([^=:]+?)\s*[=:]\s*(\d+(?:\.\d+)?)\s*$/.exec(part) ?? []
    if (story === undefined) throw new Error(`"${part}" must be like ${names[0]}=80`)
    if (!names.includes(story))
      throw new Error(
        `the scenario ${name} has no story ${story}${nearest(story, names)}; its stories are ${names.join(', ')}`,
      )
    given.set(story, Number(weight))
  }
  const weights = names.map((story) => given.get(story) ?? 0)
  if (weights.every((weight) => weight === 0)) throw new Error('something of it must have a weight above 0')
  return weights
}

/** Whether `--buy` changes anything. */
export const usesBuy = ({ stories }: Scenario): boolean => stories.some(({ weight }) => typeof weight !== 'number')
