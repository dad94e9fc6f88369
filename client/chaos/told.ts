/** What buyers were told, against the order log's file. */
import { type OrderRow, readOrders } from '../verify/orders.ts'
import type { Bought, Purchases } from '../verify/witness.ts'

/** More of one kind say no more. */
const sentencesMax = 100

/**
 * The differences: an acknowledged order that the file does not have, or not as it was told, and a number that was told to
 * two buyers. Throws where the file cannot be read.
 */
export async function toldDifferences(path: string, purchases: Purchases): Promise<string[]> {
  const differences: string[] = []
  const wrong = (sentence: string): void => {
    if (differences.length < sentencesMax) differences.push(sentence)
    else if (differences.length === sentencesMax) differences.push('… and more orders that are not as they were told')
  }
  const told = groupsOf(purchases)
  let next = told.next()
  /** Of the order that is told next, as far as they are there. */
  let rows: OrderRow[] = []
  const pass = (): void => {
    const { orderNumber, ways } = next.value!
    if (ways.length > 1) wrong(`order number ${orderNumber} was told to ${ways.length} buyers`)
    for (const way of ways)
      if (rows.length === 0) wrong(`acknowledged order ${orderText(way)} is lost: it is not in ${path}`)
      else if (toysText(way) !== toysText(rows)) {
        const words = rows.length === 1 ? 'the row is' : 'the rows are'
        wrong(`${path}:${rows[0]!.line}: order ${orderText(way)} was acknowledged, but ${words} ${toysText(rows)}`)
      }
    next = told.next()
    rows = []
  }
  await readOrders(path, {
    sold(row) {
      while (!next.done && next.value.orderNumber < row.number) pass()
      if (next.value?.orderNumber === row.number) rows.push({ ...row })
    },
  })
  while (!next.done) pass()
  return differences
}

/** What was told under one number: once, unless something is wrong. */
function* groupsOf(purchases: Purchases): Generator<{ orderNumber: number; ways: (readonly Bought[])[] }, undefined> {
  let group: { orderNumber: number; ways: (readonly Bought[])[] } | undefined
  for (const bought of purchases.orders()) {
    const { orderNumber } = bought[0]!
    if (group !== undefined && group.orderNumber === orderNumber) group.ways.push(bought)
    else {
      if (group !== undefined) yield group
      group = { orderNumber, ways: [bought] }
    }
  }
  if (group !== undefined) yield group
}

const toysText = (toys: readonly Pick<Bought, 'name' | 'quantity'>[]): string =>
  toys.map(({ name, quantity }) => `${quantity} ${name}`).join(' and ')

const orderText = (bought: readonly Bought[]): string => `${bought[0]!.orderNumber} (${toysText(bought)})`
