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
  const pass = (row: OrderRow | undefined): void => {
    const { orderNumber, ways } = next.value!
    if (ways.length > 1) wrong(`order number ${orderNumber} was told to ${ways.length} buyers`)
    for (const way of ways)
      if (row === undefined) wrong(`acknowledged order ${orderText(way)} is lost: it is not in ${path}`)
      else if (row.name !== way.name || row.quantity !== way.quantity)
        wrong(
          `${path}:${row.line}: order ${orderText(way)} was acknowledged, but the row is ${row.quantity} ${row.name}`,
        )
    next = told.next()
  }
  await readOrders(path, {
    sold(row) {
      while (!next.done && next.value.orderNumber < row.number) pass(undefined)
      if (next.value?.orderNumber === row.number) pass(row)
    },
  })
  while (!next.done) pass(undefined)
  return differences
}

/** What was told under one number: once, unless something is wrong. */
function* groupsOf(purchases: Purchases): Generator<{ orderNumber: number; ways: Bought[] }, undefined> {
  let group: { orderNumber: number; ways: Bought[] } | undefined
  for (const bought of purchases.sorted()) {
    if (group !== undefined && group.orderNumber === bought.orderNumber) group.ways.push(bought)
    else {
      if (group !== undefined) yield group
      group = { orderNumber: bought.orderNumber, ways: [bought] }
    }
  }
  if (group !== undefined) yield group
}

const orderText = ({ orderNumber, quantity, name }: Bought): string => `${orderNumber} (${quantity} ${name})`
