/**
 * A recorded history: every call that went through the front door, when it began and ended, and what came back. Between two
 * calms lies a window: at a calm no call is under way, every service runs, and nothing is held for anyone.
 *
 * Times are milliseconds of one clock, taken just before a call is sent and just after its answer is read: what the store
 * did for a call, it did between the two, or, where no answer came, at any later time.
 */

export interface Toy {
  name: string
  price: number
  stock: number
}

export type Asked =
  | { kind: 'buy'; key: string; toy: string; quantity: number }
  | { kind: 'product'; toy: string }
  | { kind: 'order'; number: number }

/** What an order says, wherever it is read: in the answer to a purchase, at `GET /orders/<n>`, in orders.csv. */
export interface Order {
  number: number
  toy: string
  quantity: number
  price: number
}

export type Answer =
  | ({ kind: 'bought' } & Order)
  | ({ kind: 'order' } & Order)
  | { kind: 'product'; toy: string; price: number; stock: number }
  /** A clear no: `out_of_stock`, `product_not_found`, `order_not_found`, `key_reused`. */
  | { kind: 'refused'; reason: string }
  /** Nothing was bought by this call. `lasting`: what was set aside for it is given back only after the answer. */
  | { kind: 'unavailable'; lasting: boolean }
  /** It may have happened, or may yet: no answer, or `outcome_unknown`. */
  | { kind: 'unknown' }
  /** The call never left the caller. */
  | { kind: 'unsent' }

export interface Call<Question extends Asked = Asked> {
  id: number
  session: number
  start: number
  end: number
  asked: Question
  answer: Answer
}

export type Buy = Asked & { kind: 'buy' }

/** A row of orders.csv. */
export interface Row extends Order {
  key: string
}

export interface Window {
  calls: readonly Call[]
  /** When the calm began. Calls may follow it: they see a store where nothing is held. */
  calmAt: number
  /** The rows that orders.csv gained in this window, in the order of the file. */
  rows: readonly Row[]
}

/** One line of a kept history: the toys first, then each window's calls and faults, closed by its calm. */
export type Line =
  | { toys: readonly Toy[] }
  | Call
  | { fault: string; at: number }
  | { calmAt: number; rows: readonly Row[] }

export const isBuy = (call: Call): call is Call<Buy> => call.asked.kind === 'buy'

/** A call in one line that a person can read. */
export function callLine({ id, session, start, end, asked, answer }: Call): string {
  const time = `${start.toFixed(3)} to ${end.toFixed(3)}`
  return `  #${id} session ${session}, ${time} ms: ${askedText(asked)} → ${answerText(answer)}`
}

function askedText(asked: Asked): string {
  if (asked.kind === 'buy') return `buy ${asked.quantity} ${asked.toy}, key ${asked.key}`
  return asked.kind === 'product' ? `look at ${asked.toy}` : `read order ${asked.number}`
}

function answerText(answer: Answer): string {
  switch (answer.kind) {
    case 'bought':
    case 'order':
      return `order ${answer.number}: ${answer.quantity} ${answer.toy} at ${answer.price}`
    case 'product':
      return `${answer.stock} ${answer.toy} at ${answer.price}`
    case 'refused':
      return answer.reason
    case 'unavailable':
      return answer.lasting ? 'unavailable, given back soon' : 'unavailable'
    default:
      return answer.kind
  }
}

/** The windows of a kept history, from its lines. What stands behind the last calm was never judged and is left out. */
export function readHistory(lines: Iterable<string>): { toys: readonly Toy[]; windows: Window[] } {
  let toys: readonly Toy[] = []
  let calls: Call[] = []
  const windows: Window[] = []
  for (const text of lines) {
    if (text === '') continue
    const line = JSON.parse(text) as Line
    if ('toys' in line) toys = line.toys
    else if ('asked' in line) calls.push(line)
    else if ('calmAt' in line) {
      windows.push({ calls, ...line })
      calls = []
    }
  }
  return { toys, windows }
}
