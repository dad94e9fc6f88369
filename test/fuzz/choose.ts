/** Choices of a seed. Always true: the same seed and index make the same choices, whatever was chosen for another index. */
import { randomFrom } from '../../storage/test/random.ts'

export interface Choose {
  /** A whole number from 0 to below `count`. */
  below(count: number): number
  /** One of the items, each as likely as the others. */
  one<Item>(items: readonly Item[]): Item
  /** True in so many of 1. */
  chance(share: number): boolean
}

/** The choices of one place in a run. */
export function chooseAt(seed: number, index: number): Choose {
  const random = randomFrom(Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b))
  random() // neighbouring states differ only after the first mixing
  const below = (count: number): number => Math.floor(random() * count)
  return {
    below,
    one: (items) => items[below(items.length)]!,
    chance: (share) => random() < share,
  }
}
