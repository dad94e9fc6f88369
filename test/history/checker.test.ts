/** Histories written by hand: what can have happened is accepted, and each thing that cannot is named. */
import t from 'tap'
import { judgeHistory } from './checker.ts'
import { readHistory } from './record.ts'
import { tux, Written } from './written.ts'

const legal: Record<string, Written> = {
  'one purchase, seen afterwards': new Written().buy(0, 10, 'a', 3, 1).row('a', 3).look(11, 12, 7).read(11, 12, 1, 3),
  'a look during a purchase sees the stock before it or after it': new Written()
    .buy(0, 10, 'a', 3, 1)
    .row('a', 3)
    .look(1, 2, 7)
    .look(3, 4, 7)
    .look(0, 1, 10),
  'purchases at the same time take effect in any order, whatever their numbers': new Written()
    .buy(0, 100, 'a', 3, 2)
    .buy(0, 100, 'b', 2, 1)
    .row('b', 2)
    .row('a', 3)
    .look(10, 11, 7)
    .look(20, 21, 5),
  'a long look began before all that it does not see': new Written()
    .look(0, 100, 10)
    .buy(10, 20, 'a', 3, 1)
    .row('a', 3)
    .look(30, 40, 7),
  'a purchase without an answer takes effect at any later time': new Written()
    .buy(0, 10, 'a', 4, 'unknown')
    .look(20, 21, 10)
    .look(400, 401, 6)
    .row('a', 4),
  'a purchase without an answer may never take effect': new Written()
    .buy(0, 10, 'a', 4, 'unknown')
    .look(1100, 1101, 10),
  'a purchase without an answer may hold its pieces and give them back': new Written()
    .buy(0, 10, 'a', 4, 'unknown')
    .look(20, 21, 6)
    .look(500, 501, 10),
  'it may be refused first, and be bought by the call that had no answer': new Written()
    .buy(0, 10, 'b', 9, 'given back soon')
    .buy(0, 10, 'a', 4, 'unknown')
    .buy(20, 30, 'a', 4, 'out_of_stock')
    .row('a', 4)
    .look(1001, 1002, 6),
  'a key is called reused while another purchase is under way with it': new Written()
    .buy(0, 100, 'a', 4, 'unavailable')
    .buy(10, 20, 'a', 1, 'key_reused'),
  'an unavailable purchase may hold its pieces until its answer': new Written()
    .buy(0, 100, 'a', 8, 'unavailable')
    .look(10, 11, 2)
    .look(12, 13, 10)
    .buy(20, 30, 'b', 5, 'out_of_stock')
    .look(101, 102, 10),
  'one that is given back soon may hold them until the calm': new Written()
    .buy(0, 100, 'a', 8, 'given back soon')
    .look(200, 201, 2)
    .buy(210, 220, 'b', 5, 'out_of_stock')
    .look(1001, 1002, 10),
  'an answer that comes again is the same': new Written()
    .buy(0, 10, 'a', 3, 1)
    .buy(5, 12, 'a', 3, 1)
    .buy(20, 30, 'a', 3, 1)
    .row('a', 3)
    .look(40, 41, 7),
  'a refusal is not pinned to its key': new Written()
    .buy(0, 10, 'b', 9, 'given back soon')
    .buy(20, 30, 'a', 3, 'out_of_stock')
    .buy(40, 50, 'a', 3, 1)
    .row('a', 3),
  'who joins a call under way is refused for what that one found': new Written()
    .buy(0, 40, 'a', 8, 'unavailable')
    .buy(10, 60, 'b', 5, 'out_of_stock')
    .buy(50, 60, 'b', 5, 'out_of_stock'),
  'sold out to the last piece': new Written()
    .buy(0, 10, 'a', 9, 1)
    .buy(0, 10, 'b', 1, 2)
    .buy(11, 12, 'c', 1, 'out_of_stock')
    .row('a', 9)
    .row('b', 1)
    .look(20, 21, 0),
  'an order under way is found or not': new Written().buy(0, 10, 'a', 1, 1).row('a', 1).read(5, 6, 1).read(7, 8, 1, 1),
}

t.test('what can have happened is accepted', async (t) => {
  for (const [what, history] of Object.entries(legal)) t.equal(history.sentences, '', what)
})

const illegal: Record<string, [Written, RegExp]> = {
  'a look that misses a purchase answered before': [
    new Written().buy(0, 10, 'a', 3, 1).row('a', 3).look(11, 12, 10),
    /^stale read: 10 Tux were shown, and at most 7 can have been left/,
  ],
  'a look that goes back behind an earlier look': [
    new Written().buy(0, 100, 'a', 3, 1).row('a', 3).look(10, 11, 7).look(12, 13, 10),
    /^10 Tux were shown, between 7 and 10 left, but no order of the purchases fits/,
  ],
  'two looks that need two orders of the same purchases': [
    new Written().buy(0, 100, 'a', 3, 1).buy(0, 100, 'b', 2, 2).row('a', 3).row('b', 2).look(10, 50, 7).look(10, 50, 8),
    /no order of the purchases fits/,
  ],
  'two purchases of which only one has left the stock': [
    new Written().buy(0, 10, 'a', 3, 1).buy(0, 10, 'b', 3, 2).row('a', 3).row('b', 3).look(1001, 1002, 7),
    /^lost update: 7 Tux were shown, and at most 4 can have been left/,
  ],
  'pieces that are gone and were not sold': [
    new Written().buy(0, 10, 'a', 3, 1).row('a', 3).look(1001, 1002, 6),
    /^lost stock: 6 Tux were shown, and at least 7 must have been left/,
  ],
  'pieces that a refused purchase keeps': [
    new Written().buy(0, 10, 'b', 9, 1).buy(20, 30, 'a', 3, 'out_of_stock').row('b', 9).look(31, 32, 0),
    /^lost stock: 0 Tux were shown, and at least 1 must have been left/,
  ],
  'pieces that an unavailable purchase still holds after its answer': [
    new Written().buy(0, 10, 'a', 3, 'unavailable').look(20, 21, 7),
    /^lost stock: 7 Tux were shown, and at least 10/,
  ],
  'a refusal while there was enough': [
    new Written().buy(0, 10, 'a', 3, 'out_of_stock'),
    /^3 Tux were refused, and there were at least 10/,
  ],
  'more sold than there was': [
    new Written().buy(0, 10, 'a', 6, 1).buy(0, 10, 'b', 6, 2).row('a', 6).row('b', 6),
    /^oversold: order [12] takes 6 Tux; with it 12 of 10 pieces are sold/,
  ],
  'one key, two orders told': [
    new Written().buy(0, 10, 'a', 1, 1).buy(20, 30, 'a', 1, 2).row('a', 1).row('b', 1),
    /doubled order: key a was told two orders, 1 and 2/,
  ],
  'one key, two rows': [
    new Written().buy(0, 10, 'a', 1, 1).row('a', 1).row('a', 1),
    /^doubled order: key a has two rows, 1 and 2/,
  ],
  'two orders with one number': [
    new Written().buy(0, 10, 'a', 1, 1).buy(0, 10, 'b', 1, 1).row('a', 1).row('b', 1, 1),
    /orders.csv has the number 1 where 2 belongs/,
  ],
  'a number that was told to two keys': [
    new Written().buy(0, 10, 'a', 1, 1).buy(0, 10, 'b', 1, 1).row('a', 1).row('b', 1),
    /the answer to key b is not the order that stands in orders.csv: order 2/,
  ],
  'a gap in the numbers': [
    new Written().buy(0, 10, 'a', 1, 2).row('a', 1, 2),
    /orders.csv has the number 2 where 1 belongs/,
  ],
  'a later purchase with a lower number': [
    new Written().buy(0, 10, 'a', 1, 2).buy(20, 30, 'b', 1, 1).row('b', 1).row('a', 1),
    /^order 1 was begun after order 2 had been told: its number had to be higher/,
  ],
  'an acknowledged order without a row': [
    new Written().buy(0, 10, 'a', 1, 1),
    /^lost order: 1 was acknowledged, and orders.csv has no row/,
  ],
  'an acknowledged order that is not found': [
    new Written().buy(0, 10, 'a', 1, 1).row('a', 1).read(11, 12, 1),
    /^vanished order: 1 \(key a\) was not there, after order 1 had been told/,
  ],
  'an order that was found, and is not any more': [
    new Written().buy(0, 100, 'a', 1, 1).row('a', 1).read(10, 20, 1, 1).read(30, 40, 1),
    /^vanished order: 1/,
  ],
  'an order that is not found although a later one was told': [
    new Written().buy(0, 100, 'a', 1, 1).buy(0, 10, 'b', 1, 2).row('a', 1).row('b', 1).read(20, 30, 1),
    /^vanished order: 1 \(key a\) was not there, after order 2 had been told/,
  ],
  'an order that shows another quantity': [
    new Written().buy(0, 10, 'a', 1, 1).row('a', 1).read(11, 12, 1, 2),
    /^order 1 was shown otherwise than it stands/,
  ],
  'a key that is refused after it was bought': [
    new Written().buy(0, 10, 'a', 9, 1).buy(20, 30, 'a', 9, 'out_of_stock').row('a', 9),
    /^vanished order: 1 \(key a\) was not there, after order 1 had been told/,
  ],
  'a key that is refused after it was bought, though an older call is still open': [
    new Written().buy(0, 5, 'a', 9, 'unknown').buy(6, 10, 'a', 9, 1).buy(20, 30, 'a', 9, 'out_of_stock').row('a', 9),
    /^vanished order: 1 \(key a\) was not there/,
  ],
  'a key that is called reused by nobody else': [
    new Written().buy(0, 10, 'a', 1, 'key_reused'),
    /^key a was called reused, and nobody had used it/,
  ],
  'another purchase under a known key is answered as if it were the first': [
    new Written().buy(0, 10, 'a', 1, 1).buy(20, 30, 'a', 2, 2).row('a', 1).row('a', 2),
    /doubled order/,
  ],
  'a row that nobody can have bought': [
    new Written().buy(0, 10, 'a', 1, 'unavailable').row('a', 1),
    /order 1 stands in orders.csv, and no call of key a can have bought it/,
  ],
}

t.test('what cannot have happened is named', async (t) => {
  for (const [what, [history, sentence]] of Object.entries(illegal)) t.match(history.sentences, sentence, what)
})

t.test('a window begins with what the one before it left', async (t) => {
  const first = new Written().buy(0, 10, 'a', 3, 1).row('a', 3).window
  const judged = (second: Written) =>
    judgeHistory([tux], [first, second.window])
      .violations.map(({ sentence }) => sentence)
      .join('; ')
  t.equal(judged(new Written().look(0, 1, 7).buy(2, 3, 'a', 3, 1).read(4, 5, 1, 3)), '')
  t.match(judged(new Written().look(0, 1, 10)), /^stale read: 10 Tux were shown, and at most 7/)
  t.match(judged(new Written().read(0, 1, 1)), /^vanished order: 1 \(key a\) was bought before the last calm/)
  t.match(judged(new Written().buy(0, 1, 'a', 3, 'out_of_stock')), /^vanished order: 1 \(key a\)/)
  t.match(judged(new Written().buy(0, 1, 'a', 3, 2).row('a', 3, 2)), /doubled order: key a has two rows, 1 and 2/)
  t.match(judged(new Written().buy(0, 1, 'b', 8, 2).row('b', 8, 2)), /^oversold: order 2 takes 8 Tux/)
})

t.test('a kept history is read back as it was', async (t) => {
  const { calls, calmAt, rows } = new Written().buy(0, 10, 'a', 3, 1).row('a', 3).window
  const lines = [{ toys: [tux] }, ...calls, { fault: 'kill order', at: 5 }, { calmAt, rows }]
  t.same(readHistory(lines.map((line) => JSON.stringify(line))), { toys: [tux], windows: [{ calls, calmAt, rows }] })
})
