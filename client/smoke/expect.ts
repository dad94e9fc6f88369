/** What an answer must be. Each of these throws Failed where it is not. */
import { z } from 'zod'
import type { Answer, Asked } from './answer.ts'
import { Failed, type Shop } from './check.ts'
import { shown } from './words.ts'

/** An answer as a failure tells it. */
export const told = ({ status, text }: Answer): string => `${status} ${text === '' ? '(no body)' : shown(text)}`

/** `{"data": …}` and nothing else, with status 200 or the one that is given; the data. `what` goes on from "expected 200 with". */
export function dataOf<Data>(answer: Answer, shape: z.ZodType<Data>, what: string, status = 200): Data {
  return bodyOf(answer, z.strictObject({ data: shape }), what, status).data
}

/** `{"data": […], "next": …}`, with status 200. */
export function pageOf<Row, Cursor>(
  answer: Answer,
  row: z.ZodType<Row>,
  cursor: z.ZodType<Cursor>,
  what: string,
): { data: Row[]; next: Cursor | null } {
  return bodyOf(answer, z.strictObject({ data: z.array(row), next: cursor.nullable() }), what)
}

/** Exactly this body. */
export function bodyOf<Body>(answer: Answer, shape: z.ZodType<Body>, what: string, status = 200): Body {
  const expected = `${status} with ${what}`
  if (answer.status !== status) throw new Failed(expected, told(answer))
  checkJson(answer, expected)
  const result = shape.safeParse(answer.body)
  if (result.success) return result.data
  throw new Failed(expected, `${told(answer)} (${fault(result.error)})`)
}

function checkJson(answer: Answer, expected: string): void {
  if (answer.body === undefined) throw new Failed(`${expected}, as JSON`, told(answer))
  const type = answer.headers['content-type'] ?? 'none'
  if (!/^application\/json *(;|$)/.test(type))
    throw new Failed(`${expected}, and content-type application/json`, `content-type ${shown(type)}`)
}

const fault = ({ issues }: z.ZodError): string => {
  const { path, message } = issues[0]!
  return shown([path.join('.'), message].filter((part) => part !== '').join(': '))
}

/** A row such as an item with its old and its new price. */
const detail = z.union([z.string(), z.record(z.string(), z.union([z.string(), z.number()]))])
const errorShape = z.strictObject({
  error: z
    .object({ code: z.int(), reason: z.string(), message: z.string().min(1) })
    .catchall(z.union([z.string(), z.number(), z.array(detail)])),
})
/** The routes whose errors ERROR_STATUS=200 is about. */
const ofTheOriginal = /^\/(products|orders)(\/|\?|$)/

/** Asks what must be refused so. `code` is the status, and stands in the body. */
export async function refused(shop: Shop, asked: Asked, code: number, reason: string): Promise<Answer> {
  const answer = await shop.ask(asked)
  checkRefusal(shop, answer, code, reason)
  return answer
}

export function checkRefusal(shop: Shop, answer: Answer, code: number, reason: string): void {
  const expected = `${code} ${reason}`
  const as200 = answer.status === 200 && shop.errorsAs200 && ofTheOriginal.test(answer.path)
  if (answer.status !== code && !as200) throw new Failed(expected, told(answer))
  checkJson(answer, expected)
  const result = errorShape.safeParse(answer.body)
  if (!result.success) throw new Failed(`${expected} with an error's body`, `${told(answer)} (${fault(result.error)})`)
  const { error } = result.data
  if (error.code !== code || error.reason !== reason) throw new Failed(expected, told(answer))
}

/** The word of an error; undefined where the answer is none. */
export function reasonOf({ body }: Answer): string | undefined {
  const result = errorShape.safeParse(body)
  return result.success ? result.data.error.reason : undefined
}
