/** The shortest story that still goes wrong: choices are left out, many at a time, then one by one. */
import { play, type Story } from './random.ts'

/** Plays at most so many stories. The one returned goes wrong, though perhaps otherwise than the one given. */
export async function shrink(story: Story, playsMax = 1500): Promise<Story> {
  let shortest = story
  let plays = 0
  for (let size = Math.ceil(story.says.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < shortest.says.length && plays < playsMax; ) {
      const says = shortest.says.toSpliced(from, size)
      plays += 1
      const played = await play(story.configuration, says)
      if (played.wrong !== undefined && played.says.length < shortest.says.length) shortest = played
      else from += size
    }
  }
  return shortest
}
