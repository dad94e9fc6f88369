/** Every scenario there is: a new one is a file of this folder and a word here. */
import { cart, mixed } from './cart.ts'
import { orders } from './orders.ts'
import { purchases } from './purchases.ts'
import { rush } from './rush.ts'
import type { Scenario } from './scenario.ts'
import { shop } from './shop.ts'
import { stress, stressAlone } from './stress.ts'

export const scenarios: readonly Scenario[] = [shop, purchases, rush, orders, cart, mixed, stress, ...stressAlone]

export const scenarioNames: readonly string[] = scenarios.map(({ name }) => name)

/** Throws where there is none of that name. */
export function scenarioOf(name: string): Scenario {
  const scenario = scenarios.find((each) => each.name === name)
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`)
  return scenario
}
