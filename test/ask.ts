/** One request to a running store, and all that its owner can see of it. */
import { setTimeout as pause } from 'node:timers/promises'

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The parsed text; undefined where there is none, or where it is no JSON. */
  body: unknown
}

/** `body` is sent as it is where it is text, else as JSON. */
export async function ask(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  const type = sent === undefined ? {} : { 'content-type': 'application/json' }
  const reply = await fetch(url, {
    method,
    headers: { ...type, ...headers },
    ...(sent !== undefined && { body: sent }),
  })
  const text = await reply.text()
  const isJson = text !== '' && reply.headers.get('content-type')?.startsWith('text/plain') !== true
  return { status: reply.status, headers: reply.headers, text, body: isJson ? JSON.parse(text) : undefined }
}

/** The body of an error, as the store answers it. */
export const errorOf = (code: number, reason: string, message: string): unknown => ({
  error: { code, reason, message },
})

/** Toys, orders and movements as the owner sees them: equal before and after where nothing happened. */
export async function booksOf(
  url: string,
): Promise<{ products: unknown; orders: unknown; movements: unknown; credit: unknown }> {
  const paths = ['products?', 'orders?', 'movements?', 'movements?ledger=credit&']
  const [products, orders, movements, credit] = await Promise.all(
    paths.map(async (path) => (await ask(`${url}/${path}limit=1000`)).body),
  )
  return { products, orders, movements, credit }
}

/** Asks until `condition` holds; throws after `ms` milliseconds. What it throws counts as no. */
export async function eventually(condition: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const until = performance.now() + ms
  for (;;) {
    if (
      await Promise.resolve()
        .then(condition)
        .catch(() => false)
    )
      return
    if (performance.now() > until) throw new Error(`did not come true within ${ms} ms: ${condition}`)
    await pause(20)
  }
}
