/**
 * The states that a store may be in, as far as its answers tell: a call takes effect as a whole at one moment between its
 * beginning and its answer, and one that a crash left unanswered has happened or not. Each answer narrows the states down
 * to those in which it is right; where none is left, the answer was wrong.
 */
import { isDeepStrictEqual } from 'node:util'

/** A call under way, as the naive model tells it. */
export interface Doing<State> {
  /** What it makes of a state, which stays as it is, and what it answers then. */
  apply(state: State): { state: State; answer: unknown }
  /** What a crash may leave of it besides nothing and all; undefined for what changes nothing. */
  halves: ((state: State) => State[]) | undefined
}

/** One way in which everything may have gone, with the answers of calls that took effect and were not answered yet. */
interface World<State> {
  state: State
  done: ReadonlyMap<Doing<State>, unknown>
}

/** More than this many at once can only come from a script that asks too much at the same time. */
const worldsMax = 20_000

export class Possible<State> {
  readonly #asText: (state: State) => string
  readonly #doing = new Map<Doing<State>, number>()
  #worlds: World<State>[]
  #begun = 0

  /** `asText` tells two states apart. */
  constructor(first: State, asText: (state: State) => string) {
    this.#asText = asText
    this.#worlds = [{ state: first, done: new Map() }]
  }

  /** How many ways there are. */
  get size(): number {
    return this.#worlds.length
  }

  begin(call: Doing<State>): void {
    this.#doing.set(call, ++this.#begun)
  }

  /** Returns the answers that would have been right where this one is not; then nothing is changed. */
  answered(
    call: Doing<State>,
    answer: unknown,
    fits: (right: unknown, answer: unknown) => boolean = isDeepStrictEqual,
  ): unknown[] | undefined {
    const [kept, right]: [World<State>[], unknown[]] = [[], []]
    this.#explore((world) => {
      if (!world.done.has(call)) return this.#steps(world)
      const wanted = world.done.get(call)
      if (fits(wanted, answer)) kept.push({ state: world.state, done: without(world.done, call) })
      else if (right.length < 5 && !right.some((known) => isDeepStrictEqual(known, wanted))) right.push(wanted)
      return []
    })
    if (kept.length === 0) return right
    this.#doing.delete(call)
    this.#worlds = this.#distinct(kept)
    return undefined
  }

  /** The call certainly never happened; returns whether that can be. */
  refused(call: Doing<State>): boolean {
    const kept = this.#worlds.filter(({ done }) => !done.has(call))
    if (kept.length === 0) return false
    this.#doing.delete(call)
    this.#worlds = kept
    return true
  }

  /** Whatever is not answered has happened, whole or in part, or never will. */
  crashed(): void {
    const found: World<State>[] = []
    this.#explore((world) => {
      found.push({ state: world.state, done: new Map() })
      return [...this.#steps(world), ...this.#halves(world)]
    })
    this.#doing.clear()
    this.#worlds = this.#distinct(found)
  }

  /** Visits each world that can come to be from those there are, once; `next` says how it goes on. */
  #explore(next: (world: World<State>) => World<State>[]): void {
    const seen = new Set<string>()
    const left = [...this.#worlds]
    const alone = left.length === 1 && this.#doing.size <= 1
    for (let world = left.pop(); world !== undefined; world = left.pop()) {
      if (!alone) {
        const text = this.#told(world)
        if (seen.has(text)) continue
        if (seen.add(text).size > worldsMax) throw new Error('too much at the same time to judge')
      }
      left.push(...next(world))
    }
  }

  #steps(world: World<State>): World<State>[] {
    return this.#left(world).map((call) => {
      const { state, answer } = call.apply(world.state)
      return { state, done: new Map(world.done).set(call, answer) }
    })
  }

  #halves(world: World<State>): World<State>[] {
    return this.#left(world).flatMap((call) =>
      (call.halves?.(world.state) ?? []).map((state) => ({ state, done: new Map(world.done).set(call, 'half') })),
    )
  }

  #left(world: World<State>): Doing<State>[] {
    return [...this.#doing.keys()].filter((call) => !world.done.has(call))
  }

  #distinct(worlds: World<State>[]): World<State>[] {
    return worlds.length === 1 ? worlds : [...new Map(worlds.map((world) => [this.#told(world), world])).values()]
  }

  #told({ state, done }: World<State>): string {
    const answers = [...done].map(([call, answer]) => `${this.#doing.get(call)} ${JSON.stringify(answer)}`).sort()
    return `${this.#asText(state)} ${answers}`
  }
}

function without<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Map<Key, Value> {
  const copy = new Map(map)
  copy.delete(key)
  return copy
}
