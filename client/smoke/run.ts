/**
 * Runs the checks one after the other. Always: each ends in exactly one outcome, in the order of the list; and a store that has
 * stopped answering is not waited for again and again.
 */
import { type Connections, Unanswered } from './answer.ts'
import { type Check, Failed, LeftOut, type Shop } from './check.ts'
import { shown } from './words.ts'

/** So many checks in a row without an answer, and the rest is left out. */
const silencesMax = 3
const lineMax = 600

export interface Outcome {
  name: string
  routes: readonly string[]
  outcome: 'ok' | 'failed' | 'left out'
  ms: number
  /** What the check adds to its line, or why it was left out. */
  words: string[]
  /** Of a failed one. */
  fault: { expected: string; answered: string } | undefined
}

export interface RunOptions {
  token?: string | undefined
  errorsAs200: boolean
  /** Toys, customers and drafts may be made, which stay. */
  create: boolean
  /** Told of each as it ends. */
  ended: (outcome: Outcome) => void
}

/** The notes that the checks left. */
export async function runChecks(
  checks: readonly Check[],
  connections: Connections,
  { token, errorsAs200, create, ended }: RunOptions,
): Promise<string[]> {
  const found = new Map<Check, unknown>()
  /** The first reason, where one was left out because another was. */
  const leftOut = new Map<Check, string>()
  const notes: string[] = []
  const owner = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const shop: Omit<Shop, 'tell'> = {
    ask: (asked) => connections.ask(asked),
    askAsOwner: (asked) => connections.ask({ ...asked, headers: { ...owner, ...asked.headers } }),
    hasToken: token !== undefined,
    errorsAs200,
    checkMayCreate() {
      if (!create) throw new LeftOut('what it makes would stay in the store: asked for with --create')
    },
    after<Found>(check: Check<Found>): Found {
      const why = leftOut.get(check)
      if (why !== undefined) throw new LeftOut(why)
      if (!found.has(check)) throw new LeftOut(`it needs what "${check.name}" finds`)
      return found.get(check) as Found
    },
    note: (sentence) => void notes.push(line(sentence)),
  }
  let silences = 0
  for (const check of checks) {
    const words: string[] = []
    const began = performance.now()
    const { name, routes = [] } = check
    const end = (outcome: Outcome['outcome'], fault?: Outcome['fault']): void =>
      ended({ name, routes, outcome, ms: performance.now() - began, words, fault })
    try {
      if (silences === silencesMax) throw new LeftOut('the store has stopped answering')
      found.set(check, await check.run({ ...shop, tell: (text) => void words.push(line(text)) }))
      silences = 0
      end('ok')
    } catch (error) {
      if (error instanceof LeftOut) {
        words.push(error.message)
        leftOut.set(check, error.message)
        end('left out')
        continue
      }
      silences = error instanceof Unanswered ? silences + 1 : 0
      end('failed', faultOf(error))
    }
  }
  return notes
}

/** Whatever a check has put into it: what is escaped already stays as it is. */
const line = (text: string): string => shown(text, lineMax)

function faultOf(error: unknown): NonNullable<Outcome['fault']> {
  if (error instanceof Failed) return { expected: line(error.expected), answered: line(error.answered) }
  if (error instanceof Unanswered) return { expected: 'an answer', answered: `nothing: it was ${line(error.message)}` }
  throw error
}
