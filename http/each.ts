/**
 * Internal endpoints take one object or an array. An object is answered as everywhere; an array with status 200 and one
 * `{"data"}` or `{"error"}` each, in its order.
 */
import type { z } from 'zod'
import { StoreError } from '../errors.ts'
import { check } from './check.ts'
import type { WholeReply } from './reply.ts'
import { errorBody } from './status.ts'

const itemsMax = 1000

/** As `answerEach`, where the items of an array are worked on together: `work` answers in their order, and never for one alone. */
export async function answerTogether<Item>(
  body: unknown,
  schema: z.ZodType<Item>,
  work: (items: readonly Item[]) => Promise<readonly unknown[]>,
  looksRight?: (value: unknown) => value is Item,
): Promise<WholeReply> {
  if (!Array.isArray(body)) return { data: (await work([check(schema, body, looksRight)]))[0] }
  checkLength(body)
  const right: Item[] = []
  const answers = body.map((item) => {
    try {
      right.push(check(schema, item, looksRight))
      return undefined
    } catch (error) {
      return errorBody(error)
    }
  })
  const done = right.length === 0 ? [] : await work(right)
  let next = 0
  return asText(answers.map((refused) => refused ?? { data: done[next++] }))
}

const asText = (answers: unknown[]): WholeReply => ({ text: JSON.stringify(answers), contentType: 'application/json' })

function checkLength({ length }: readonly unknown[]): void {
  if (length > itemsMax) throw new StoreError('bad_request', `an array may have at most ${itemsMax} items`)
}

/** Checks each item by the schema and hands it to `work`; what it throws for one item is that item's answer. Throws `bad_request`. */
export async function answerEach<Item>(
  body: unknown,
  schema: z.ZodType<Item>,
  work: (item: Item) => Promise<unknown>,
  looksRight?: (value: unknown) => value is Item,
): Promise<WholeReply> {
  if (!Array.isArray(body)) return { data: await work(check(schema, body, looksRight)) }
  checkLength(body)
  const answers = await Promise.all(
    body.map(async (item) => {
      try {
        return { data: await work(check(schema, item, looksRight)) }
      } catch (error) {
        if (!(error instanceof StoreError)) throw error // a bug: the whole request is `internal`, and it is logged
        return errorBody(error)
      }
    }),
  )
  return asText(answers)
}
