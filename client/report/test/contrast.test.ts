/** The colours of the reports, held against WCAG 2.2 (1.4.3 and 1.4.11, level AA) in both themes. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { colors } from '../chart.ts'

const style = readFileSync(new URL('../page/page.css', import.meta.url), 'utf8')
const themes = [...style.matchAll(/color-scheme: (light|dark);(.*?)\}/gs)].map(([, name, text]) => ({
  name: name!,
  colors: new Map([...text!.matchAll(/--([\w-]+): (#\w{6});/g)].map(([, name, color]) => [name!, color!])),
}))

const text = [
  ...['ground', 'panel'].flatMap((ground) => ['text', 'soft', 'good', 'bad', 'focus'].map((on) => [on, ground])),
  ...[
    ['good', 'good-ground'],
    ['bad', 'bad-ground'],
    ['event', 'ground'],
  ],
] as [string, string][]
const lines = [...colors, 'event', 'focus'].map((line) => [line, 'ground'] as [string, string])

t.equal(themes.length, 2)
for (const { name, colors } of themes)
  t.test(`in ${name} every text has a contrast of 4.5, every line of 3`, async (t) => {
    for (const [pairs, least] of [
      [text, 4.5],
      [lines, 3],
    ] as const)
      for (const [on, ground] of pairs) {
        const contrast = contrastOf(colors.get(on)!, colors.get(ground)!)
        t.ok(contrast >= least, `${on} on ${ground}: ${contrast.toFixed(2)}`)
      }
  })

t.test('the contrast is computed as WCAG says', async (t) => {
  t.equal(contrastOf('#ffffff', '#000000'), 21)
  t.equal(contrastOf('#777777', '#ffffff').toFixed(2), '4.48')
})

function contrastOf(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}
