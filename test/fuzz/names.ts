/**
 * Names of toys: those that the fuzzed store sells, those that could be a toy's, and those that never can. Written down here a
 * second time on purpose: the product's own rule is what is tested.
 */
import type { Choose } from './choose.ts'

export interface Toy {
  price: string
  quantity: number
}

/** Nobody but the undisturbed buyer buys it. */
export const quietToy = 'Undisturbed'

const plenty = 1_000_000_000

export const toys: ReadonlyMap<string, Toy> = new Map([
  ...['Tux', 'Whale', 'a/b', 'a%2Fb', 'a+b', 'a?b#c', '100 %', '🦄', 'Ünïcode', 'e\u0301t\u0301', '__proto__'].map(
    (name) => [name, { price: '25.99', quantity: plenty }] as const,
  ),
  ...['constructor', 'toString', 'Truck, "big"', "it's; here", '0', 'null', 'x'.repeat(200)].map(
    (name) => [name, { price: '0.10', quantity: plenty }] as const,
  ),
  ['Scarce', { price: '10000000.00', quantity: 40 }],
  ['Sold out', { price: '1.00', quantity: 0 }],
  [quietToy, { price: '3.33', quantity: plenty }],
])
export const sold: readonly string[] = [...toys.keys()].filter((name) => name !== quietToy)

/** The catalog's file. */
export const toysFile = `name,price,quantity\n${[...toys]
  .map(([name, { price, quantity }]) => `"${name.replaceAll('"', '""')}",${price},${quantity}\n`)
  .join('')}`

/** Blocks of Unicode in which every code point is a whole character, none a space and none a control. */
const blocks: readonly (readonly [first: number, last: number])[] = [
  [0x41, 0x5a], // Latin
  [0xc0, 0x17f],
  [0x300, 0x36f], // marks that combine with what is before them
  [0x391, 0x3a1],
  [0x5d0, 0x5ea], // right to left
  [0x621, 0x63a],
  [0xac00, 0xd7a3],
  [0x4e00, 0x9fff],
  [0x202a, 0x202e], // turns the direction of what follows
  [0xe000, 0xf8ff], // private use
  [0xfff9, 0xfffd],
  [0x10000, 0x1000b],
  [0x1f300, 0x1f64f],
  [0x20000, 0x2a6df],
  [0xe0020, 0xe007f], // tags
  [0x10ff00, 0x10fffd],
]

/** A name that no toy has and every rule allows. */
export function strangeName(choose: Choose): string {
  const start = choose.one([
    'no toy',
    '"',
    "'",
    ',',
    ';',
    '<b>',
    '{}',
    '$(x)',
    '../..',
    '..\\',
    "';--",
    'valueOf',
    '%00',
  ])
  const [first, last] = choose.one(blocks)
  const count = choose.below(40)
  const codes = Array.from({ length: count }, () => first + choose.below(last - first + 1))
  return `${start}${String.fromCodePoint(...codes)}!`
}

/** A name that must be refused, and the fewest signs of its kind. None holds half a surrogate: see `halfName`. */
export function wrongName(choose: Choose): string {
  const inner = choose.one(['Tux', 'Whale', 'ü', '🦄'])
  const control = String.fromCharCode(
    choose.one([0, 1, 7, 8, 9, 10, 11, 12, 13, 27, 31, 127, 128, 133, 159, 0x2028, 0x2029]),
  )
  const space = choose.one([' ', '\u00a0', '\u3000', '\u2003', '\ufeff'])
  return choose.one([
    '',
    '.',
    '..',
    `${inner}${control}`,
    `${control}${inner}`,
    `${inner}${control}${inner}`,
    `${space}${inner}`,
    `${inner}${space}`,
    `${choose.one(['=', '+', '-', '@'])}${choose.one(['1+1', 'SUM(A1)', "cmd|' /C calc'!A0", ''])}`,
    'x'.repeat(201 + choose.below(3000)),
    '🦄'.repeat(101),
  ])
}

/** The JSON text of a name that is no whole Unicode. */
export const halfName = (choose: Choose): string =>
  choose.one(['"\\ud83e"', '"\\udd84"', '"Tux\\ud800"', '"\\udd84\\ud83e"', '"\\udfff Tux"'])
