/** Schedules drawn at random: from a seed and an index follows the configuration, and each of the choices. */
import { randomFrom } from '../../storage/test/random.ts'
import { type Configuration, large, small } from './configurations.ts'
import { type Choice, type ChoiceKind, ends, World } from './world.ts'

export interface Story {
  configuration: Configuration
  /** What was chosen, one after the other; the last is how it ends. */
  says: string[]
  wrong: string | undefined
}

/** The larger stores come up three times as often as the small ones. */
const drawn = [...large, ...large, ...large, ...small]

const usual: Record<ChoiceKind, number> = {
  ask: 2,
  arrive: 8,
  answer: 9,
  sync: 9,
  start: 8,
  double: 0.7,
  giveUp: 0.4,
  time: 0.8,
  catchUp: 0.2,
  reprice: 0.5,
  crash: 0.2,
  fault: 0.15,
}
const kinds = Object.keys(usual) as ChoiceKind[]
const moods = [0.1, 0.5, 1, 1, 2, 6]

/** Each schedule has moods of its own: in one nearly nothing is lost, in another nearly everything is late. */
export async function randomSchedule(seed: number, index: number, only?: Configuration): Promise<Story> {
  const random = randomFrom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
  const pick = <Thing>(things: readonly Thing[]): Thing => things[Math.floor(random() * things.length)]!
  const configuration = only ?? drawn[index % drawn.length]!
  const weights = { ...usual }
  for (const kind of kinds) weights[kind] *= pick(moods)
  const steps = 5 + Math.floor(random() * 45)
  const world = await World.begin(configuration)
  const says: string[] = []
  for (let step = 0; step < steps && world.wrong === undefined; step++) {
    const choice = weighted(world.choices(Math.floor(random() * 1000)), weights, random)
    if (choice === undefined) break
    says.push(choice.says)
    await world.step(choice)
  }
  if (world.wrong === undefined) {
    const end = pick(ends)
    says.push(end)
    await world.finish(end)
  }
  return { configuration, says, wrong: world.wrong }
}

/** The same story once more; what cannot be chosen is passed over. */
export async function play(configuration: Configuration, says: readonly string[]): Promise<Story> {
  const world = await World.begin(configuration)
  const played: string[] = []
  for (const words of says) {
    const end = ends.find((each) => each === words)
    const choice = end === undefined ? world.find(words) : undefined
    if (end === undefined && choice === undefined) continue
    played.push(words)
    if (choice !== undefined) await world.step(choice)
    else await world.finish(end!)
    if (world.wrong !== undefined || end !== undefined) break
  }
  return { configuration, says: played, wrong: world.wrong }
}

function weighted(
  choices: readonly Choice[],
  weights: Record<ChoiceKind, number>,
  random: () => number,
): Choice | undefined {
  let left = random() * choices.reduce((sum, { kind }) => sum + weights[kind], 0)
  for (const choice of choices) {
    left -= weights[choice.kind]
    if (left < 0) return choice
  }
  return choices.at(-1)
}
