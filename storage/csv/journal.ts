/**
 * The journal's lines: what a ledger's commands made true, one command a line, sealed with a checksum.
 *
 *   account,<name>,<balance>,<number of attributes>,<attribute> …
 *   removed,<name>
 *   open,<id>,<after>,<number of items>,(<account>,<amount>,<number of attributes>,<attribute> …) …
 *   decided,<id>,confirmed|voided
 *   fence,<id>
 *   movement,<number>,<at>,<account>,<change>,<reason>
 *   keyed,<key>,<account>,<change>,<balance>,<movement>,done|undone
 *
 * A line holds one such group or several, one behind the other. Two more kinds of line stand alone: the first of a
 * segment, `segment,<format>,<segment>,<bytes of movements.csv that are synced>,<last movement in them>`, and `stop`, the
 * last one after a clean stop.
 */
import type { Decision, Fact, HeldItem } from '../ledger.ts'
import { sealRow, unsealRow } from './row.ts'

/** 2: a segment's base ends with its checksum. */
export const journalFormat = 2
export const sealedBaseFormat = 2

export interface SegmentHead {
  format: number
  segment: number
  movementBytes: number
  lastMovement: number
}

export type JournalLine = { kind: 'facts'; facts: Fact[] } | { kind: 'head'; head: SegmentHead } | { kind: 'stop' }

export const segmentName = (segment: number): string => `journal-${String(segment).padStart(8, '0')}.csv`
export const baseName = (segment: number): string => `base-${String(segment).padStart(8, '0')}.csv`

/** The segments or bases among a folder's names, lowest first. */
export function numbered(names: readonly string[], kind: 'journal' | 'base'): number[] {
  const form = new RegExp(`^${kind}-(\\d{8,})\\.csv$`)
  return names
    .flatMap((name) => form.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

export const headLine = ({ format, segment, movementBytes, lastMovement }: SegmentHead): string =>
  `${sealRow(['segment', String(format), String(segment), String(movementBytes), String(lastMovement)])}\n`

export const stopLine = `${sealRow(['stop'])}\n`

export const factsLine = (facts: readonly Fact[]): string => `${sealRow(facts.flatMap(fields))}\n`

function fields(fact: Fact): string[] {
  switch (fact.fact) {
    case 'account':
      return ['account', fact.account, String(fact.balance), ...counted(fact.attributes)]
    case 'removed':
      return ['removed', fact.account]
    case 'open': {
      const { id, after, items } = fact.reservation
      const each = items.flatMap(({ account, amount, attributes }) => [account, String(amount), ...counted(attributes)])
      return ['open', id, String(after), String(items.length), ...each]
    }
    case 'decided':
      return ['decided', fact.id, fact.decision]
    case 'fence':
      return ['fence', fact.fence]
    case 'movement': {
      const { number, at, account, change, reason } = fact.movement
      return ['movement', String(number), at, account, String(change), reason]
    }
    case 'keyed': {
      const { account, change, balance, movement, undone } = fact.keyed
      const numbers = [change, balance, movement].map(String)
      return ['keyed', fact.key, account, ...numbers, undone ? 'undone' : 'done']
    }
  }
}

const counted = (attributes: readonly string[]): string[] => [String(attributes.length), ...attributes]

/** Undefined where the line is not whole. Throws a RangeError where it is whole and says nothing that is known. */
export function parseJournalLine(line: string): JournalLine | undefined {
  const row = unsealRow(line)
  if (row === undefined) return undefined
  const reader = new Reader(row)
  if (row[0] === 'segment') {
    const [format, segment, movementBytes, lastMovement] = [1, 2, 3, 4].map((i) => Number(row[i]))
    return {
      kind: 'head',
      head: { format: format!, segment: segment!, movementBytes: movementBytes!, lastMovement: lastMovement! },
    }
  }
  if (row[0] === 'stop') return { kind: 'stop' }
  const facts: Fact[] = []
  while (!reader.done) facts.push(readFact(reader))
  return { kind: 'facts', facts }
}

function readFact(reader: Reader): Fact {
  const fact = reader.text()
  switch (fact) {
    case 'account': {
      const [account, balance] = [reader.text(), reader.number()]
      return { fact, account, balance, attributes: reader.texts() }
    }
    case 'removed':
      return { fact, account: reader.text() }
    case 'open': {
      const [id, after, count] = [reader.text(), reader.number(), reader.number()]
      const items: HeldItem[] = []
      for (let i = 0; i < count; i++) {
        const [account, amount] = [reader.text(), reader.number()]
        items.push({ account, amount, attributes: reader.texts() })
      }
      return { fact, reservation: { id, after, items } }
    }
    case 'decided':
      return { fact, id: reader.text(), decision: reader.text() as Decision }
    case 'fence':
      return { fact, fence: reader.text() }
    case 'movement': {
      const [number, at, account, change, reason] = [
        reader.number(),
        reader.text(),
        reader.text(),
        reader.number(),
        reader.text(),
      ]
      return { fact, movement: { number, at, account, change, reason } }
    }
    case 'keyed': {
      const [key, account] = [reader.text(), reader.text()]
      const [change, balance, movement] = [reader.number(), reader.number(), reader.number()]
      return { fact, key, keyed: { account, change, balance, movement, undone: reader.text() === 'undone' } }
    }
    default:
      throw new RangeError(`a line of an unknown kind, "${fact}"`)
  }
}

class Reader {
  readonly #row: string[]
  #at = 0

  constructor(row: string[]) {
    this.#row = row
  }

  get done(): boolean {
    return this.#at >= this.#row.length
  }

  text(): string {
    const field = this.#row[this.#at++]
    if (field === undefined) throw new RangeError('a line that ends too early')
    return field
  }

  number(): number {
    const value = Number(this.text())
    if (!Number.isSafeInteger(value)) throw new RangeError('a line with a number that is none')
    return value
  }

  texts(): string[] {
    return Array.from({ length: this.number() }, () => this.text())
  }
}
