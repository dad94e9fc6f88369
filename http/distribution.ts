/** How values are spread over buckets. Always: noting one is a few additions, so that it can be done for every request. */
export class Distribution {
  /** Rising; a value belongs to the first that is not below it. */
  readonly bounds: readonly number[]
  /** By bucket; the last one holds what is above all bounds. */
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  note(value: number): void {
    const { bounds } = this
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++
    this.counts[bucket]! += 1
    this.sum += value
  }
}
