/**
 * Internal endpoints take one object or an array. An object is answered as everywhere; an array with status 200 and one
 * `{"data"}` or `{"error"}` each, in its order.
 */
import type { z } from 'zod'
import { StoreError } from '../errors.ts'
import { check } from './check.ts'
import { asJson, type WholeReply } from './reply.ts'
import { type ErrorBody, errorBody } from './status.ts'

const itemsMax = 1000

/**
 * Checks each item by the schema and hands those that fit to `work`, together: it answers in their order, with an error for an
 * item that it refuses. Throws `bad_request`.
 */
export async function answerEach<Item>(
  body: unknown,
  schema: z.ZodType<Item>,
  work: (items: readonly Item[]) => Promise<readonly unknown[]>,
  looksRight?: (value: unknown) => value is Item,
): Promise<WholeReply> {
  if (!Array.isArray(body)) {
    const [done] = await work([check(schema, body, looksRight)])
    if (done instanceof Error) throw done
    return { data: done }
  }
  if (body.length > itemsMax) throw new StoreError('bad_request', `an array may have at most ${itemsMax} items`)
  const right: Item[] = []
  const refused = new Map<number, ErrorBody>()
  for (const [i, item] of body.entries()) {
    try {
      right.push(check(schema, item, looksRight))
    } catch (error) {
      refused.set(i, errorBody(error))
    }
  }
  const done = right.length === 0 ? [] : await work(right)
  let next = 0
  const answers = body.map((_, i) => refused.get(i) ?? told(done[next++]))
  return asJson(answers)
}

function told(done: unknown): unknown {
  if (!(done instanceof Error)) return { data: done }
  if (!(done instanceof StoreError)) throw done // a bug: the whole request is `internal`, and it is logged
  return errorBody(done)
}
