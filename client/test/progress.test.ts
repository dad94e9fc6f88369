import t from 'tap'
import { newProgress } from '../progress.ts'

/** Collects what is written; `now` is set by the test. */
function shown(isTTY: boolean): { text: () => string; at(ms: number): void; progress: ReturnType<typeof newProgress> } {
  let [written, now] = ['', 0]
  const write = (text: string): boolean => {
    written += text
    return true
  }
  const names = ['cursorTo', 'moveCursor', 'clearLine', 'on', 'once', 'removeListener', 'off']
  const rest = Object.fromEntries(names.map((name) => [name, () => true]))
  const progress = newProgress({ ...rest, isTTY, columns: 80, write } as unknown as NodeJS.WriteStream, () => now)
  return {
    text: () => written,
    at(ms) {
      now = ms
    },
    progress,
  }
}

t.test('a short reading shows nothing', async (t) => {
  for (const isTTY of [true, false]) {
    const { text, at, progress } = shown(isTTY)
    at(1000)
    progress.tell('orders', 0.5)
    progress.end()
    t.equal(text(), '')
  }
})

t.test('where nobody looks on, a long one is told in a plain line now and then', async (t) => {
  const { text, at, progress } = shown(false)
  for (let ms = 0; ms <= 11_000; ms += 100) {
    at(ms)
    progress.tell('orders', ms / 20_000)
  }
  progress.end()
  t.equal(text(), 'orders: 25 %\norders: 51 %\n')
})

t.test('on a terminal it is a bar, which is taken away at the end', async (t) => {
  const { text, at, progress } = shown(true)
  at(2000)
  progress.tell('orders', 0.42)
  progress.end()
  t.match(text(), /█+░+ 42 % {2}orders/)
})
