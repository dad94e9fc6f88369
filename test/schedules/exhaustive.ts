/**
 * Every schedule of a small store. A run makes the choices of a prefix, then always the first choice that there is, down to
 * a state that is known or has no choice left; the other choices on its way become prefixes of later runs. Each run ends as
 * stories end: everything recovers, and the books must balance.
 *
 * A state that is known is not gone on from. That leaves no story out: two states with one fingerprint can only do the same.
 * The order service's memory follows from what it read at its start and all that it was told since, in that order; a
 * participant's memory from its files and the requests under way (its time stands still here); and the messages on their
 * way, the troubles left and what the onlooker knows are in the fingerprint as they are.
 */
import { createHash } from 'node:crypto'
import type { Configuration } from './configurations.ts'
import type { Story } from './random.ts'
import { ends, World } from './world.ts'

export interface Explored {
  schedules: number
  states: number
  /** The longest one, in choices. */
  longest: number
  /** Whether nothing was left to explore. */
  complete: boolean
  /** The first story that went wrong. */
  story: Story | undefined
}

interface Prefix {
  choice: string
  before: Prefix | undefined
}

export async function exploreAll(
  given: Configuration,
  { schedulesMax = Number.POSITIVE_INFINITY } = {},
): Promise<Explored> {
  const configuration = { ...given, fewer: true }
  /** Whether a story that ended there was finished. */
  const known = new Map<string, boolean>()
  const found: Explored = { schedules: 0, states: 0, longest: 0, complete: false, story: undefined }
  const prefixes: (Prefix | undefined)[] = [undefined]
  while (prefixes.length > 0 && found.schedules < schedulesMax) {
    const says = listed(prefixes.pop())
    const world = await World.begin(configuration)
    for (const choice of says) await world.step(world.find(choice)!)
    let path: Prefix | undefined
    for (const choice of says) path = { choice, before: path }
    let last = ''
    while (world.wrong === undefined) {
      const print = hash(world.fingerprint())
      last = print
      if (known.has(print)) break
      known.set(print, false)
      const choices = world.choices(0)
      if (choices.length === 0) break
      for (const { says: choice } of choices.slice(1)) prefixes.push({ choice, before: path })
      path = { choice: choices[0]!.says, before: path }
      says.push(choices[0]!.says)
      await world.step(choices[0]!)
    }
    found.schedules += 1
    found.states = known.size
    found.longest = Math.max(found.longest, says.length)
    if (world.wrong === undefined && known.get(last) === false) {
      known.set(last, true)
      const end = ends[found.schedules % ends.length]!
      says.push(end)
      await world.finish(end, { thorough: false })
    }
    if (world.wrong !== undefined) return { ...found, story: { configuration, says, wrong: world.wrong } }
  }
  return { ...found, complete: prefixes.length === 0 }
}

function listed(prefix: Prefix | undefined): string[] {
  const says: string[] = []
  for (let at = prefix; at !== undefined; at = at.before) says.push(at.choice)
  return says.reverse()
}

const hash = (text: string): string => createHash('sha1').update(text).digest('latin1').slice(0, 12)
