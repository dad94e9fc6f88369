/** Whether there is a store to check at all, and how it answers errors: found out before the checks, so that it is told once. */
import { type Answer, type Asked, type Connections, Unanswered } from './answer.ts'
import { told } from './expect.ts'
import { shown } from './words.ts'

const knocks: readonly Asked[] = [{ path: '/livez' }, { path: '/products?limit=1' }]
const mistakes: readonly Asked[] = [{ path: '/products?limit=0' }, { path: '/orders/none' }]

/** Why nothing can be checked, in a sentence; undefined where a toy store answers. */
export async function faultAtDoor({ ask }: Connections, url: string): Promise<string | undefined> {
  // All at once: a store that never answers costs its time only once.
  const answers = await Promise.all(knocks.map((asked) => ask(asked).catch((error: unknown) => orThrowUnless(error))))
  if (answers.some((answer) => !(answer instanceof Unanswered) && isOfAStore(answer))) return undefined
  const silences = answers.filter((answer) => answer instanceof Unanswered)
  if (silences.length === knocks.length) {
    if (silences.every(({ kind }) => kind === 'unreachable'))
      return `The store at ${url} was ${silences[0]!.message}. Is it running (npm start)?`
    if (silences.every(({ kind }) => kind === 'silent'))
      return `The store at ${url} was ${silences[0]!.message}; a longer time can be given with --timeout.`
  }
  const found = knocks.map(({ path }, index) => `GET ${path} was ${words(answers[index]!)}`)
  return `What answers at ${url} is no toy store: ${found.join('; ')}.`
}

/** Two different mistakes at routes of the original: one that is answered wrongly is a fault, and no setting. */
export async function answersErrorsAs200({ ask }: Connections): Promise<boolean> {
  const answers = await Promise.all(mistakes.map((asked) => ask(asked).catch((error: unknown) => orThrowUnless(error))))
  return answers.every((answer) => !(answer instanceof Unanswered) && answer.status === 200 && isError(answer.body))
}

function isOfAStore({ body }: Answer): boolean {
  if (isError(body)) return true
  if (typeof body !== 'object' || body === null || !('data' in body)) return false
  const { data } = body
  return Array.isArray(data) || (typeof data === 'object' && data !== null && 'status' in data)
}

function isError(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const { error } = body
  return typeof error === 'object' && error !== null && 'code' in error && 'reason' in error
}

const words = (answer: Answer | Unanswered): string =>
  answer instanceof Unanswered
    ? shown(answer.message)
    : `answered ${told({ ...answer, text: answer.text.slice(0, 100) })}`

function orThrowUnless(error: unknown): Unanswered {
  if (error instanceof Unanswered) return error
  throw error
}
