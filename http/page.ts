/** A page of a longer list: ask for one more than the limit, and it says whether there is more. */
import type { WholeReply } from './reply.ts'

/** `{"data": […], "next": …}`: the first `limit` of the rows, and where to go on, null where nothing is left. */
export function pageReply<Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string | number,
): WholeReply {
  const data = rows.slice(0, limit)
  return { data, extra: { next: rows.length > limit ? cursorOf(data.at(-1)!) : null } }
}
