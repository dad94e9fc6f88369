/**
 * Where some rows of a numbered file stand, remembered from the reads that met them, so that the next search begins near its
 * row however long the file is. Always: they are a guess and nothing is decided by them; so many are kept that they lie about
 * a thousandth of the file apart.
 */
const apart = 1 / 1024

export class Landmarks {
  /** Both rise. */
  readonly #numbers: number[] = []
  readonly #places: number[] = []

  /** This row starts there; `length` is the file's. Forgotten where another stands near. */
  add(number: number, place: number, length: number): void {
    const i = this.#firstFrom(number)
    const gap = length * apart
    const before = this.#places[i - 1] ?? Number.NEGATIVE_INFINITY
    const after = this.#places[i] ?? Number.POSITIVE_INFINITY
    if (place - before < gap || after - place < gap || this.#numbers[i] === number) return
    this.#numbers.splice(i, 0, number)
    this.#places.splice(i, 0, place)
  }

  /** About where the row with this number starts; undefined where less than two landmarks are known. */
  guess(number: number): number | undefined {
    const count = this.#numbers.length
    if (count < 2) return undefined
    const i = Math.min(count - 1, Math.max(1, this.#firstFrom(number)))
    const [fromNumber, toNumber] = [this.#numbers[i - 1]!, this.#numbers[i]!]
    const [from, to] = [this.#places[i - 1]!, this.#places[i]!]
    return from + ((number - fromNumber) / (toNumber - fromNumber)) * (to - from)
  }

  #firstFrom(number: number): number {
    let [low, high] = [0, this.#numbers.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#numbers[middle]! < number) low = middle + 1
      else high = middle
    }
    return low
  }
}
