/**
 * Every schedule of a small store. A run makes the choices of a prefix, then always the first choice that there is, down to
 * a state that is known or has no choice left; the other choices on its way become prefixes of later runs, which come in
 * turn: so what was explored when it was stopped is every schedule with so many departures from the first choice.
 *
 * From every state everything that is on its way is lost once, everything recovers, and the books must balance; where a run
 * ends, it does so a second time, and there what is on its way arrives, or the power fails everywhere.
 *
 * A state that is known is not gone on from. That leaves no story out: two states with one fingerprint can only do the same.
 * The order service's memory follows from what it read at its start and all that it was told since, in that order; a
 * participant's memory from its files and the requests under way (its time stands still here); and the messages on their
 * way, the troubles left and what the onlooker knows are in the fingerprint as they are.
 */
import { createHash } from 'node:crypto'
import type { Configuration } from './configurations.ts'
import type { Story } from './random.ts'
import { type End, ends, World } from './world.ts'

export interface Explored {
  schedules: number
  states: number
  /** The longest one, in choices. */
  longest: number
  /** Every schedule with at most so many departures from the first choice was explored. */
  departures: number
  /** Whether nothing was left to explore. */
  complete: boolean
  /** The first story that went wrong. */
  story: Story | undefined
}

/** Which of the choices was made, after which. */
interface Path {
  choice: number
  before: Path | undefined
}

const [arrives, lost, powerFails] = ends

export async function exploreAll(
  given: Configuration,
  { schedulesMax = Number.POSITIVE_INFINITY } = {},
): Promise<Explored> {
  const configuration = { ...given, fewer: true }
  /** Whether a run ended there. */
  const known = new Map<string, boolean>()
  const found: Explored = { schedules: 0, states: 0, longest: 0, departures: -1, complete: false, story: undefined }
  const told = (wrong: string, says: string[]): Explored => ({
    ...found,
    states: known.size,
    story: { configuration, says, wrong },
  })
  let later: (Path | undefined)[] = [undefined]
  while (later.length > 0) {
    const now = later
    later = []
    for (const prefix of now) {
      if (found.schedules === schedulesMax) return { ...found, states: known.size }
      const { world, says } = await replayed(configuration, prefix)
      let path = prefix
      let last = ''
      const fresh: (Path | undefined)[] = []
      while (world.wrong === undefined) {
        last = hash(world.fingerprint())
        if (known.has(last)) break
        known.set(last, false)
        fresh.push(path)
        const choices = world.choices(0)
        for (let choice = 1; choice < choices.length; choice++) later.push({ choice, before: path })
        const [first] = choices
        if (first === undefined) break
        path = { choice: 0, before: path }
        says.push(first.says)
        await world.step(first)
      }
      found.schedules += 1
      found.longest = Math.max(found.longest, says.length)
      if (world.wrong !== undefined) return told(world.wrong, says)
      if (known.get(last) === false) {
        known.set(last, true)
        const end = found.schedules % 2 === 0 ? arrives : powerFails
        await world.finish(end, { thorough: false })
        if (world.wrong !== undefined) return told(world.wrong, [...says, end])
      }
      for (const state of fresh) {
        const story = await ended(configuration, state, lost)
        if (story.wrong !== undefined) return told(story.wrong, story.says)
      }
    }
    found.departures += 1
  }
  return { ...found, states: known.size, complete: true }
}

async function replayed(
  configuration: Configuration,
  path: Path | undefined,
): Promise<{ world: World; says: string[] }> {
  const choices: number[] = []
  for (let at = path; at !== undefined; at = at.before) choices.push(at.choice)
  const world = await World.begin(configuration)
  const says: string[] = []
  for (const index of choices.reverse()) {
    const choice = world.choices(0)[index]!
    says.push(choice.says)
    await world.step(choice)
  }
  return { world, says }
}

async function ended(configuration: Configuration, path: Path | undefined, end: End): Promise<Story> {
  const { world, says } = await replayed(configuration, path)
  await world.finish(end, { thorough: false })
  return { configuration, says: [...says, end], wrong: world.wrong }
}

const hash = (text: string): string => createHash('sha1').update(text).digest('latin1').slice(0, 12)
