/**
 * Whether a cart's end can be explained by what was asked of it and told: some order of all its changes, in which each took
 * place between its question and its answer, gives every answer that was given and what stands on the disk. A change that
 * nobody knows of happened once or never. What an order bought was all that the cart held at one moment, and left it once, at
 * a later one, before the next order looked and before anybody was told of the order.
 */
import type { CartAnswer, CartItem, CartOp } from '../../cart/client.ts'
import { parseRow } from '../../storage/csv/row.ts'
import type { MemoryDisk } from '../../storage/test/memory-disk.ts'
import type { AskedCart, Line, Record } from './record.ts'

/** An order as it stands in the files. */
export interface CartOrder {
  number: number
  key: string
  attempt: string
  cart?: string | undefined
  lines: readonly Line[]
}

const textOf = (lines: Iterable<Line>): string => [...lines].map(([item, count]) => `${item} ${count}`).join(', ')
const linesOf = (items: readonly CartItem[]): Line[] => items.map(({ itemId, unitCount }) => [`${itemId}`, unitCount])

/** An answer in few words: `Tux 2, Fox 1`. */
export function shownOf(answer: CartAnswer): string {
  if (answer === null) return 'not there'
  if (Array.isArray(answer)) return textOf(linesOf(answer))
  return 'itemId' in answer ? textOf(linesOf([answer as CartItem])) : 'done'
}

interface Kept {
  items: string
  lastOrder: string
  lastAttempt: string
}

/** By customer, what the rows of the segments say. */
export function cartsOf(disk: MemoryDisk, wrong: string[]): Map<string, Kept> {
  const carts = new Map<string, Kept>()
  const segments = disk.paths().filter((path) => /^\/data\/cart\/carts-\d+\.csv$/.test(path))
  for (const path of segments.sort())
    for (const line of disk.read(path)!.toString().split('\n').slice(1, -1)) {
      const [customer = '', change, items = '', lastOrder = '', lastAttempt = '', checksum] = parseRow(line) ?? []
      if (change === 'begins') carts.clear()
      else if (change === 'deleted') carts.delete(customer)
      else if ((change === 'new' || change === 'set') && checksum !== undefined)
        carts.set(customer, { items: textOf(linesOf(JSON.parse(items))), lastOrder, lastAttempt })
      else wrong.push(`${path} has the row ${line}`)
    }
  return carts
}

/** Of a store that has stopped in order, by its files and all that was told; a sentence each. */
export function cartsWrong(disk: MemoryDisk, record: Record, orders: readonly CartOrder[]): string[] {
  const wrong: string[] = []
  const carts = cartsOf(disk, wrong)
  const customers = new Set([
    ...carts.keys(),
    ...record.carts.map(({ op }) => op.customer),
    ...orders.flatMap(({ cart }) => cart ?? []),
  ])
  for (const customer of customers) {
    const sold = orders.filter(({ cart }) => cart === customer)
    const kept = carts.get(customer) ?? { items: '', lastOrder: '', lastAttempt: '' }
    const { number = '', attempt = '' } = sold.at(-1) ?? {}
    if (kept.lastOrder !== `${number}` || kept.lastAttempt !== attempt)
      wrong.push(
        `${customer}'s cart was last bought by ${kept.lastOrder} (${kept.lastAttempt}), its last order is ${number} (${attempt})`,
      )
    const asked = record.carts.filter(({ op }) => op.customer === customer)
    const steps = stepsOf(sold, record)
    if (!isExplained(asked, steps, kept.items))
      wrong.push(`${customer}'s cart cannot end as "${kept.items}" after: ${historyOf(asked, steps)}`)
  }
  const mark = /^format,order_number\n1,(\d+)\n$/.exec(disk.read('/data/order/taken.csv')?.toString() ?? '')?.[1]
  if (Number(mark ?? 0) !== orders.length)
    wrong.push(`taken.csv says ${mark} after a stop with ${orders.length} orders`)
  return wrong
}

/** An order looks into its cart, or what it bought leaves it. */
interface Step {
  is: 'look' | 'take'
  order: CartOrder
  from: number
  to: number
}

function stepsOf(sold: readonly CartOrder[], { orders }: Record): Step[] {
  return sold.flatMap((order) => {
    const asked = orders.find(({ key }) => key === order.key)
    const from = asked?.from ?? 0
    const to = asked?.answer.is === 'done' ? asked.to : Number.POSITIVE_INFINITY
    return (['look', 'take'] as const).map((is) => ({ is, order, from, to }))
  })
}

interface State {
  items: ReadonlyMap<string, number>
  /** What is still to happen, or known not to have happened. */
  left: readonly AskedCart[]
  steps: readonly Step[]
}

/** Tries all orders that time allows. */
function isExplained(all: readonly AskedCart[], steps: readonly Step[], end: string): boolean {
  const left = all.filter(({ answer, op }) => answer.is === 'done' || (answer.is === 'unknown' && op.op !== 'get'))
  const tried = new Set<string>()
  const next: State[] = [{ items: new Map(), left, steps }]
  for (let state = next.pop(); state !== undefined; state = next.pop()) {
    const items = textOf(state.items)
    const id = `${state.steps.length} ${state.left.map(({ from }) => from)} ${items}`
    if (tried.has(id)) continue
    tried.add(id)
    if (state.left.length === 0 && state.steps.length === 0 && items === end) return true
    next.push(...after(state))
  }
  return false
}

function after({ items, left, steps }: State): State[] {
  const first = Math.min(...left.map(({ to }) => to), ...steps.map(({ to }) => to))
  const states: State[] = []
  const [step, ...further] = steps
  if (step !== undefined && step.from <= first) {
    if (step.is === 'take') states.push({ items: taken(items, step.order.lines), left, steps: further })
    else if (textOf(items) === textOf(step.order.lines)) states.push({ items, left, steps: further })
  }
  for (const asked of left) {
    if (asked.from > first) continue
    const others = left.filter((one) => one !== asked)
    if (asked.answer.is === 'unknown') states.push({ items, left: others, steps })
    const changed = new Map(items)
    const shown = change(changed, asked.op)
    if (asked.answer.is === 'unknown' || (asked.answer.is === 'done' && asked.answer.shown === shown))
      states.push({ items: changed, left: others, steps })
  }
  return states
}

/** Changes the items; returns what is to be shown. */
function change(items: Map<string, number>, op: CartOp): string {
  const all = textOf(items)
  if (op.op === 'get') return all
  if (op.op === 'clear' || op.op === 'checkout') {
    items.clear()
    return op.op === 'clear' ? 'done' : all
  }
  if (op.op === 'take' || op.op === 'look') throw new Error('only orders do that')
  const item = `${op.item}`
  if (op.op === 'remove') {
    items.delete(item)
    return 'done'
  }
  if (op.op === 'set' && !items.has(item)) return 'not there'
  const count = op.op === 'set' ? op.count : (items.get(item) ?? 0) + op.count
  if (count === 0) items.delete(item)
  else items.set(item, count)
  return `${item} ${count}`
}

/** As far as it is still there. */
function taken(items: ReadonlyMap<string, number>, lines: readonly Line[]): Map<string, number> {
  const left = new Map(items)
  for (const [item, count] of lines) {
    const rest = (left.get(item) ?? 0) - count
    if (rest > 0) left.set(item, rest)
    else left.delete(item)
  }
  return left
}

function historyOf(asked: readonly AskedCart[], steps: readonly Step[]): string {
  const words = asked.map(({ op, answer, from }) => {
    const { op: what, customer: _, ...rest } = op
    const told = answer.is === 'done' ? answer.shown : answer.is === 'refused' ? answer.code : 'nobody knows'
    return { from, text: `${what} ${'item' in rest ? rest.item : ''} ${'count' in rest ? rest.count : ''} (${told})` }
  })
  for (const { is, order, from } of steps)
    if (is === 'look') words.push({ from, text: `order ${order.number} (${textOf(order.lines)})` })
  return words
    .sort((a, b) => a.from - b.from)
    .map(({ text }) => text.replace(/ +/g, ' '))
    .join('; ')
}
