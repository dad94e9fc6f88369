/** One story again, told in full. */
import { configurations } from './configurations.ts'
import { play, randomSchedule, type Story } from './random.ts'
import { hearRejections } from './world.ts'

/** `what` is `SEED:INDEX`, or a story as it was printed. True where nothing went wrong. */
export async function retell(what: string, title?: string): Promise<boolean> {
  hearRejections()
  const { configuration, says, wrong } = await told(what, title)
  console.log(`${configuration.title}:`)
  for (const [i, words] of says.entries()) console.log(`${String(i + 1).padStart(4)}  ${words}`)
  console.log(`  =>  ${wrong ?? 'nothing went wrong'}`)
  return wrong === undefined
}

function told(what: string, title?: string): Promise<Story> {
  if (!what.startsWith('{')) {
    const [seed, index] = what.split(':').map(Number)
    return randomSchedule(seed!, index!, title === undefined ? undefined : configurations.get(title))
  }
  const story = JSON.parse(what) as { title: string; fewer: boolean; says: string[] }
  const configuration = configurations.get(story.title)
  if (configuration === undefined) throw new Error(`no such store: ${story.title}`)
  return play(story.fewer ? { ...configuration, fewer: true } : configuration, story.says)
}
