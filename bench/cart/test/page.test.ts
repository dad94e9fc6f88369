/** The page of carts: closed to the network, a line for each engine and way, and every figure in a table. */
import t from 'tap'
import { cartHtml } from '../page.ts'
import { sample } from './sample.ts'

const charts = (page: string) =>
  [...page.matchAll(/<script type="application\/json">(.*?)<\/script>/gs)].map(
    ([, text]) =>
      JSON.parse(text!) as {
        across: string
        logarithmic: boolean
        places: number[]
        lines: { label: string; values: number[] }[]
      },
  )

t.test('adds and checkout each have a chart with a line for each engine and way, over shards', async (t) => {
  const [adds, checkout, ...more] = charts(cartHtml(sample()))
  t.same(more, [])
  t.match(adds, { across: 'shards', logarithmic: true, places: [1, 1000] })
  t.strictSame(
    adds!.lines.map(({ label, values }) => [label, ...values]),
    [
      ['local, in process', 40, 20],
      ['local, over HTTP', 130, 130],
      ['azure, over HTTP', 500, 750],
    ],
  )
  t.strictSame(checkout!.lines[2]!.values, [5, 7.5])
})

t.test('who does not see the charts is told the same, and ratios and figures stand below', async (t) => {
  const page = cartHtml(sample())
  t.match(page, 'Milliseconds with 1, 1000 shards. local, in process: 40.0, 20.0; local, over HTTP: 130, 130;')
  t.match(page, '✗ 2 ratios missed.')
  t.match(page, /most shards ÷ fewest, memory a cart<\/th><td><span class="state good">✓ met<\/span>/)
  t.match(page, /<th scope="row" class="number">1,000<\/th><td class="number">7,500 \(5,000–10,000\)<\/td>/)
})

t.test('the page names nothing outside of itself, and no word becomes markup', async (t) => {
  const page = cartHtml(sample({ notes: ['</p><script>1</script>'], books: [{ line: '<b>wrong', balanced: false }] }))
  t.match(page, /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-/)
  t.notMatch(
    page.replaceAll(/<(script|style)[^>]*>.*?<\/\1/gs, ''),
    /<(link|img|iframe|object|embed|base|form)\b| (src|href|on\w+|style)="/i,
  )
  t.match(page, '&#60;/p&#62;&#60;script&#62;1')
  t.match(page, '&#60;b&#62;wrong')
})

t.test('a run that measured nothing has a page', async (t) => {
  const page = cartHtml(sample({ rows: [], lines: [] }))
  t.match(page, 'Nothing was measured.')
})
