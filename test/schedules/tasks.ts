/** What one process of the exploration is given to do, and what it found. */
import { configurations } from './configurations.ts'
import { exploreAll } from './exhaustive.ts'
import { randomSchedule, type Story } from './random.ts'
import { shrink } from './shrink.ts'

export type Task =
  | { kind: 'random'; seed: number; from: number; count: number; title: string | undefined }
  | { kind: 'exhaustive'; title: string; schedulesMax: number }

export interface Found {
  task: Task
  schedules: number
  ms: number
  /** Of an exhaustive exploration. */
  states?: number
  longest?: number
  departures?: number
  complete?: boolean
  /** The first story that went wrong, as short as it could be made. */
  story?: { title: string; fewer: boolean; says: string[]; wrong: string }
  /** Which of the random ones it was. */
  index?: number
}

export async function perform(task: Task): Promise<Found> {
  const began = performance.now()
  const done = (schedules: number): Found => ({ task, schedules, ms: performance.now() - began })
  if (task.kind === 'exhaustive') {
    const { story, schedules, ...rest } = await exploreAll(configurations.get(task.title)!, task)
    return { ...done(schedules), ...rest, ...(story && { story: await told(story) }) }
  }
  const { seed, from, count, title } = task
  const only = title === undefined ? undefined : configurations.get(title)
  for (let index = from; index < from + count; index++) {
    const story = await randomSchedule(seed, index, only)
    if (story.wrong !== undefined) return { ...done(index - from + 1), index, story: await told(story) }
  }
  return done(count)
}

async function told(story: Story): Promise<NonNullable<Found['story']>> {
  const { configuration, says, wrong } = await shrink(story)
  return { title: configuration.title, fewer: configuration.fewer === true, says, wrong: wrong! }
}
