/**
 * Names in code-unit order, for pages. Sorting very many takes longer than anybody should wait, so it is done step by step
 * after a start, and only what is missing when somebody asks; later a name that comes or goes is put in its place.
 */

/** So many names are sorted or merged in a step: less than a millisecond. */
const stepNames = 2048

export class SortedNames {
  #names: string[] | undefined
  readonly #sorting: Generator<undefined, string[]>

  constructor(names: Iterable<string>) {
    this.#sorting = sorting([...names])
  }

  get isSorted(): boolean {
    return this.#names !== undefined
  }

  /** Does one step of the sorting. */
  step(): void {
    if (this.#names !== undefined) return
    const { done, value } = this.#sorting.next()
    if (done === true) this.#names = value
  }

  /** All of them; sorts what is left to be sorted. */
  get all(): readonly string[] {
    while (this.#names === undefined) this.step()
    return this.#names
  }

  /** The first `limit` names behind `after`. */
  page(after: string, limit: number): string[] {
    const from = this.#firstAbove(after)
    return this.all.slice(from, from + limit)
  }

  /** A name that is not there yet. */
  add(name: string): void {
    const at = this.#firstAbove(name)
    this.#names?.splice(at, 0, name)
  }

  /** A name that is there. */
  remove(name: string): void {
    const at = this.#firstAbove(name) - 1
    if (this.#names?.[at] === name) this.#names.splice(at, 1)
  }

  #firstAbove(name: string): number {
    const names = this.all
    let [low, high] = [0, names.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (names[middle]! <= name) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** A merge sort that stops after each step. */
function* sorting(names: string[]): Generator<undefined, string[]> {
  let runs: string[][] = []
  for (let at = 0; at < names.length; at += stepNames) {
    if (at > 0) yield
    runs.push(names.slice(at, at + stepNames).sort())
  }
  while (runs.length > 1) {
    const merged: string[][] = []
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merging(runs[i]!, runs[i + 1] ?? []))
    runs = merged
  }
  return runs[0] ?? []
}

function* merging(left: string[], right: string[]): Generator<undefined, string[]> {
  if (right.length === 0) return left
  const merged: string[] = []
  for (let [l, r] = [0, 0]; l < left.length || r < right.length; ) {
    if (merged.length % stepNames === 0) yield
    const isLeft = r >= right.length || (l < left.length && left[l]! <= right[r]!)
    merged.push(isLeft ? left[l++]! : right[r++]!)
  }
  return merged
}
