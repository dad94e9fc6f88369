/** The ratios of `npm run bench:cart`: what must be reached, and how each is made of what was measured. */
import type { Figure } from '../figures.ts'
import type { Measured } from '../group.ts'
import { median } from '../spread.ts'
import { type Line, lineFor } from '../table.ts'
import { itemsEach } from './hundred.ts'
import type { Memory, Row, Way } from './result.ts'

const low = (title: string, must: number, aim: number, how: string): Figure => ({
  ...{ title, must, aim, how },
  wanted: 'low',
})
const shards = (where: string, how: string): Figure => low(`most shards ÷ fewest, ${where}`, 1.1, 1, how)
const inTime = 'a hundred items put in, and the checkout; run by run'

export const cartFigures = {
  'hundred-adds': low(
    'a hundred items put in over HTTP ÷ 100 × (two bare hops + one fdatasync)',
    1.5,
    1.3,
    'local; a hop is a request on a kept connection to a bare node:http server that parses the same JSON and answers it',
  ),
  'shards-http': shards('time over HTTP, local', inTime),
  'shards-in-process': shards('time in process, local', inTime),
  'shards-azure': shards('time over HTTP, azure', inTime),
  'shards-memory': shards(
    'memory a cart',
    "objects and buffers that the cart service's process has more of after a forced collection ÷ carts",
  ),
} as const satisfies Record<string, Figure>

export type CartFigureName = keyof typeof cartFigures

/** In their order; what was not measured says so. */
export function linesOf(rows: readonly Row[], memory: readonly Memory[]): Line[] {
  const measured: Record<CartFigureName, Measured> = {
    'hundred-adds': hundredAdds(rows),
    'shards-http': overShards(totals(rows, 'local', 'over HTTP'), ' ms'),
    'shards-in-process': overShards(totals(rows, 'local', 'in process'), ' ms'),
    'shards-azure': overShards(totals(rows, 'azure', 'over HTTP'), ' ms'),
    'shards-memory': overShards(
      memory.map(({ shards, run, heldBytes }) => ({ shards, run, value: heldBytes })),
      ' bytes',
    ),
  }
  return (Object.keys(cartFigures) as CartFigureName[]).map((name) => lineFor(name, cartFigures[name], measured[name]))
}

function hundredAdds(rows: readonly Row[]): Measured {
  const beside = rows.flatMap(({ engine, way, warm, bare }) =>
    engine === 'local' && way === 'over HTTP' && bare !== undefined
      ? [{ adds: warm.addsMs, least: itemsEach * (2 * bare.hopMs + bare.syncMs) }]
      : [],
  )
  if (beside.length === 0) return notMeasured
  return {
    values: beside.map(({ adds, least }) => adds / least),
    beside: `bare ${shown(beside.map(({ least }) => least))} ms, store ${shown(beside.map(({ adds }) => adds))} ms`,
  }
}

interface Value {
  shards: number
  run: number
  value: number
}

const totals = (rows: readonly Row[], engine: Row['engine'], way: Way): Value[] =>
  rows
    .filter((row) => row.engine === engine && row.way === way)
    .map(({ shards, run, warm }) => ({ shards, run, value: warm.addsMs + warm.checkoutMs }))

/** The runs' ratios, each within its run, so that what slows the machine for a while slows both. */
function overShards(values: readonly Value[], unit: string): Measured {
  const counts = values.map(({ shards }) => shards)
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
  if (!(fewest < most)) return notMeasured
  const of = (shards: number) => values.filter((each) => each.shards === shards)
  const pairs = of(most).flatMap(({ run, value }) => {
    const other = of(fewest).find((each) => each.run === run)
    return other === undefined ? [] : [value / other.value]
  })
  if (pairs.length === 0) return notMeasured
  const told = [fewest, most].map(
    (count) => `with ${count.toLocaleString('en-US')}: ${shown(of(count).map(({ value }) => value))}${unit}`,
  )
  return { values: pairs, beside: told.join(', ') }
}

const notMeasured: Measured = { missing: 'not measured' }
const shown = (values: readonly number[]): string => {
  const value = median(values)
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')
}
