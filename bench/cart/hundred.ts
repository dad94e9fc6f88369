/**
 * What is measured of a cart: a hundred items put in one after another, then the checkout, as the shopping-cart service was
 * measured. Always: a checkout that does not give exactly these items is an error, and no figure.
 */

/** One customer's way to a cart; each call resolves when it is answered, and throws where it was refused. */
export interface Door {
  add(customer: string, item: number): Promise<void>
  /** Resolves to the items' numbers. */
  checkout(customer: string): Promise<number[]>
  close(): Promise<void>
}

export interface Times {
  /** All hundred. */
  addsMs: number
  checkoutMs: number
}

/** Carts that are ready to be measured. */
export interface Opened {
  startMs: number
  /** A hundred items and the checkout. */
  turn(): Promise<Times>
  /** Nothing of it runs any more, and its files are gone. */
  close(): Promise<void>
}

export const itemsEach = 100
const customer = 'jea265'

export async function addAndCheckOut(door: Door): Promise<Times> {
  const began = performance.now()
  for (let item = 0; item < itemsEach; item++) await door.add(customer, item)
  const added = performance.now()
  const items = await door.checkout(customer)
  const ended = performance.now()
  if (items.length !== itemsEach || !items.every((item, i) => item === i))
    throw new Error(`the checkout gave ${items.length} items, not the ${itemsEach} that were put in`)
  return { addsMs: added - began, checkoutMs: ended - added }
}

/** Of an item as a checkout tells it; not a number where it has none. */
export const itemNumber = ({ itemId }: { itemId: unknown }): number =>
  typeof itemId === 'number' ? itemId : Number.NaN
