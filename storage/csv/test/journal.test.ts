import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import type { Fact } from '../../ledger.ts'
import { runs } from '../../test/seed.ts'
import { factsLine, headLine, numbered, parseJournalLine, segmentName, stopLine } from '../journal.ts'
import { sealRow } from '../row.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((each) => !/[\r\n\0]/.test(each))
const id = fc.tuple(fc.nat(1e15 - 1), fc.nat(1e15 - 1)).map(([incarnation, seq]) => `a${incarnation}-${seq}`)
const attributes = fc.array(text, { maxLength: 3 })
const amount = fc.maxSafeNat()
const item = fc.record({ account: text, amount, attributes })
const reservation = fc.record({ id, after: amount, items: fc.array(item, { maxLength: 4 }) })
const movement = fc.record({ number: amount, at: text, account: text, change: fc.maxSafeInteger(), reason: text })
const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ fact: fc.constant('account'), account: text, balance: amount, attributes }),
  fc.record({ fact: fc.constant('removed'), account: text }),
  fc.record({ fact: fc.constant('open'), reservation }),
  fc.record({ fact: fc.constant('decided'), id, decision: fc.constantFrom('confirmed', 'voided') }),
  fc.record({ fact: fc.constant('fence'), fence: id }),
  fc.record({ fact: fc.constant('movement'), movement }),
)

t.test('facts of every kind come back from their line', (t) => {
  const property = fc.property(fc.array(fact, { minLength: 1, maxLength: 5 }), (facts) => {
    const line = factsLine(facts)
    t.equal(line.indexOf('\n'), line.length - 1)
    const read = parseJournalLine(line.slice(0, -1))
    return read?.kind === 'facts' && facts.every((each, i) => isDeepStrictEqual(structuredClone(each), read.facts[i]))
  })
  t.doesNotThrow(() => fc.assert(property, runs(300)))
  t.end()
})

t.test('the first line and the last line of a segment come back', (t) => {
  const head = { format: 1, segment: 12, movementBytes: 345, lastMovement: 6 }
  t.strictSame(parseJournalLine(headLine(head).slice(0, -1)), { kind: 'head', head })
  t.strictSame(parseJournalLine(stopLine.slice(0, -1)), { kind: 'stop' })
  t.end()
})

for (const [what, row] of [
  ['an unknown kind', ['surprise', '1']],
  ['an unknown kind behind a known one', ['removed', 'Tux', 'surprise']],
  ['too few fields', ['account', 'Tux', '5', '2', '25.99']],
  ['a number that is none', ['account', 'Tux', 'many', '0']],
  ['an unsafe number', ['account', 'Tux', '9007199254740992', '0']],
] as const)
  t.test(`a whole line with ${what} is refused`, (t) => {
    t.throws(() => parseJournalLine(sealRow(row)), RangeError)
    t.end()
  })

t.test('a line that is not whole is none', (t) => {
  const line = factsLine([{ fact: 'removed', account: 'Tux' }])
  for (const torn of ['', line.slice(0, -2), line.slice(3, -1), line.slice(0, -1).replace('Tux', 'Tax')])
    t.equal(parseJournalLine(torn), undefined)
  t.end()
})

t.test('segments and bases are found by their names, lowest first', (t) => {
  const names = [
    segmentName(10),
    'base-00000002.csv',
    segmentName(9),
    'journal-1.csv',
    'journal-00000003.csv.tmp',
    segmentName(123_456_789),
  ]
  t.strictSame(numbered(names, 'journal'), [9, 10, 123_456_789])
  t.strictSame(numbered(names, 'base'), [2])
  t.end()
})
