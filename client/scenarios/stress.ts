/**
 * The six stories of the web-scale course's stress test, with its weights, mixed and each alone. What each comes to is checked:
 * pieces and credit before and after, and whether the order is paid.
 */
import { courseStory } from './course.ts'
import type { Scenario } from './scenario.ts'

const priceMax = 10
const quantityMax = 3
/** More than one story buys. */
const stock = 20
const credit = 200

/** A stock admin makes an item, adds pieces and takes some away. */
const stockAdmin = courseStory('stock-admin', 5, async (course) => {
  const item = await course.item({ price: course.number(priceMax), stock: 0 })
  await course.checkItem(item)
  await course.addStock(item, stock)
  await course.checkItem(item)
  await course.subtractStock(item, course.number(stock))
  await course.checkItem(item)
})

const oneItem = courseStory('one-item', 30, async (course) => {
  const item = await course.item({ price: course.number(priceMax), stock })
  const draft = await course.draft(await course.user(credit))
  await course.add(draft, item, course.number(quantityMax))
  await course.checkout(draft)
})

const twoItems = courseStory('two-items', 25, async (course) => {
  const first = await course.item({ price: course.number(priceMax), stock })
  const second = await course.item({ price: course.number(priceMax), stock })
  const draft = await course.draft(await course.user(credit))
  await course.add(draft, first, course.number(quantityMax))
  await course.add(draft, second, course.number(quantityMax))
  await course.checkout(draft)
})

/** Adds an item, thinks better of it, and of that too. */
const regret = courseStory('regret', 20, async (course) => {
  const item = await course.item({ price: course.number(priceMax), stock })
  const draft = await course.draft(await course.user(credit))
  await course.add(draft, item, 1)
  await course.remove(draft, item)
  await course.add(draft, item, 1)
  await course.checkout(draft)
})

/** There is enough of the first item, and not of the second. */
const noStock = courseStory('no-stock', 10, async (course) => {
  const first = await course.item({ price: course.number(priceMax), stock })
  const few = course.number(quantityMax) - 1
  const second = await course.item({ price: course.number(priceMax), stock: few })
  const draft = await course.draft(await course.user(credit))
  await course.add(draft, first, course.number(quantityMax))
  await course.add(draft, second, few + 1)
  await course.failCheckout(draft, 'out_of_stock')
})

/** One credit too few. */
const noCredit = courseStory('no-credit', 10, async (course) => {
  const item = await course.item({ price: course.number(priceMax), stock })
  const quantity = course.number(quantityMax)
  const draft = await course.draft(await course.user(item.price * quantity - 1))
  await course.add(draft, item, quantity)
  await course.failCheckout(draft, 'out_of_credit')
})

const stories = [stockAdmin, oneItem, twoItems, regret, noStock, noCredit]

export const stress: Scenario = {
  name: 'stress',
  about: "the six stories of the web-scale course's stress test",
  stories,
}

const abouts: Readonly<Record<string, string>> = {
  'stock-admin': 'make an item, add pieces, take some away',
  'one-item': 'check out an order of one item',
  'two-items': 'check out an order of two items',
  regret: 'add an item, remove it, add it again, check out',
  'no-stock': 'check out more than there is: refused, nothing changed',
  'no-credit': 'check out more than can be paid: refused, nothing changed',
}

/** Each story by itself. */
export const stressAlone: readonly Scenario[] = stories.map((story) => ({
  name: story.name,
  about: abouts[story.name]!,
  stories: [story],
}))
