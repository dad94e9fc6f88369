/** A store in the test's hand: it writes down every request, and answers as the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

export interface Seen {
  method: string
  path: string
  key: string | undefined
  body: string
}

export interface FakeStore {
  url: string
  /** Every request after the listing of the toys. */
  seen: Seen[]
  queries(): Seen[]
  orders(): Seen[]
  /** Goes away, at once; the test's end does it too. */
  close(): void
}

export interface Behaviour {
  toys?: string[]
  /** What a query shows. */
  quantity?: number
  /** Returns true when it has answered itself. */
  query?: (response: ServerResponse) => boolean
  order?: (order: Seen, response: ServerResponse) => boolean
}

export async function startFakeStore(t: Test, behaviour: Behaviour = {}): Promise<FakeStore> {
  const seen: Seen[] = []
  let lastOrder = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request
    const toys = behaviour.toys ?? ['bear', 'ball', 'cube']
    if (path.startsWith('/products?')) return listPage(path, toys, response)
    const key = request.headers['idempotency-key']
    const one = { method, path, key: typeof key === 'string' ? key : undefined, body: await text(request) }
    seen.push(one)
    if (method === 'GET') {
      if (behaviour.query?.(response)) return
      const name = decodeURIComponent(path.slice('/products/'.length))
      const quantity = behaviour.quantity ?? 100
      answer(response, 200, { data: { name, price: 9.99, quantity, stock: quantity } })
    } else if (!behaviour.order?.(one, response)) {
      const { name, quantity } = JSON.parse(one.body) as { name: string; quantity: number }
      const total = Math.round(999 * quantity) / 100
      answer(response, 200, { data: { order_number: ++lastOrder, name, quantity, price: 9.99, total } })
    }
  }

  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  t.teardown(close)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    queries: () => seen.filter(({ method }) => method === 'GET'),
    orders: () => seen.filter(({ method }) => method === 'POST'),
    close,
  }
}

/** Two toys a page, to see that the client reads on. */
function listPage(path: string, toys: string[], response: ServerResponse): void {
  const after = new URLSearchParams(path.split('?')[1]).get('after')
  const from = after === null ? 0 : toys.indexOf(after) + 1
  const page = toys.slice(from, from + 2)
  const data = page.map((name) => ({ name, price: 9.99, quantity: 1, stock: 1 }))
  answer(response, 200, { data, next: from + 2 < toys.length ? page.at(-1) : null })
}

export function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export function refuse(response: ServerResponse, status: number, reason: string): true {
  answer(response, status, { error: { code: status, reason, message: 'no' } })
  return true
}
