/** What is known for certain at a calm: each toy's stock, and all orders so far, by number and by key. Rows are added once judged. */
import type { Row, Toy } from './record.ts'

export class Books {
  readonly toys: ReadonlyMap<string, Toy>
  readonly #stock: Map<string, number>
  readonly #rows: Row[] = []
  readonly #byKey = new Map<string, Row>()

  constructor(toys: readonly Toy[]) {
    this.toys = new Map(toys.map((toy) => [toy.name, toy]))
    this.#stock = new Map(toys.map(({ name, stock }) => [name, stock]))
  }

  get lastNumber(): number {
    return this.#rows.length
  }

  stockOf(toy: string): number {
    return this.#stock.get(toy) ?? 0
  }

  /** The order with this number, of an earlier window. */
  byNumber(number: number): Row | undefined {
    return this.#rows[number - 1]
  }

  byKey(key: string): Row | undefined {
    return this.#byKey.get(key)
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) {
      this.#rows.push(row)
      this.#byKey.set(row.key, row)
      this.#stock.set(row.toy, this.stockOf(row.toy) - row.quantity)
    }
  }
}
