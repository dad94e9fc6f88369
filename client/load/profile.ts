/**
 * How much load there is at which time: sessions at work, or arrivals a second. Points in time with straight lines between
 * them, so that one form says a constant load and `--stages`.
 */

export interface Profile {
  /** Rising times from 0, with the level there. Two points of one time are a jump. */
  points: { ms: number; level: number }[]
}

export const constant = (level: number, ms: number): Profile => ({
  points: [
    { ms: 0, level },
    { ms, level },
  ],
})

/** Each stage leads in a straight line from the level before, at first 0, to its own. */
export function fromStages(stages: readonly { ms: number; level: number }[]): Profile {
  const points = [{ ms: 0, level: 0 }]
  for (const { ms, level } of stages) points.push({ ms: points.at(-1)!.ms + ms, level })
  return { points }
}

export const endOf = ({ points }: Profile): number => points.at(-1)!.ms

export const highestOf = ({ points }: Profile): number => Math.max(...points.map(({ level }) => level))

/** Behind its end it is 0. */
export function levelAt({ points }: Profile, ms: number): number {
  const next = points.findIndex((point) => point.ms > ms)
  if (next <= 0) return 0
  const [from, to] = [points[next - 1]!, points[next]!]
  return from.level + ((to.level - from.level) * (ms - from.ms)) / (to.ms - from.ms)
}

/**
 * When each arrival is due, in milliseconds, in rising order, for a level of arrivals a second. A clock that ticks once in
 * a unit of area under the profile (evenly, or as a Poisson process does: with exponential gaps) is mapped to the time
 * at which the area is reached; that makes a Poisson process of a changing rate (Çinlar, Introduction to Stochastic
 * Processes, 1975, chapter 4, 7.4).
 */
export function* arrivals({ points }: Profile, gap: () => number): Generator<number> {
  let area = gap()
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1]!, points[i]!]
    const seconds = (to.ms - from.ms) / 1000
    const whole = (seconds * (from.level + to.level)) / 2
    for (; area < whole; area += gap()) yield from.ms + 1000 * timeOf(area, from.level, to.level, seconds)
    area -= whole
  }
}

/** The seconds after which the area under a line from level `a` to level `b` has grown to `area`. */
function timeOf(area: number, a: number, b: number, seconds: number): number {
  const slope = (b - a) / seconds
  // The quadratic formula in the form that loses no digits where the slope is small or nothing.
  return (2 * area) / (a + Math.sqrt(Math.max(0, a * a + 2 * slope * area)))
}
