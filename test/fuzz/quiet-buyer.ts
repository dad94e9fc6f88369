/** A buyer who minds nobody: he buys and looks, one after the other, and must always be served, and rightly. */
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { quietToy, toys } from './names.ts'

export interface QuietBuyer {
  /** Order number by key. */
  bought: Map<string, number>
  wrong: string[]
  /** Milliseconds of each purchase. */
  times: number[]
  stop(): Promise<void>
}

export function startQuietBuyer(url: string): QuietBuyer {
  const agent = new Agent({ connections: 1, pipelining: 1 })
  const bought = new Map<string, number>()
  const wrong: string[] = []
  const times: number[] = []
  const { price, quantity } = toys.get(quietToy)!
  let going = true

  const ask = async (path: string, more: { method?: 'POST'; headers?: Record<string, string>; body?: string } = {}) => {
    const reply = await request(`${url}${path}`, { ...more, dispatcher: agent })
    return { status: reply.statusCode, body: (await reply.body.json()) as { data: Record<string, unknown> } }
  }
  const round = async (): Promise<void> => {
    const key = `quiet-${bought.size + 1}`
    const began = performance.now()
    const headers = { 'content-type': 'application/json', 'idempotency-key': key }
    const sale = await ask('/orders', {
      method: 'POST',
      headers,
      body: JSON.stringify({ name: quietToy, quantity: 1 }),
    })
    times.push(performance.now() - began)
    const { order_number: number, ...rest } = sale.body.data ?? {}
    const wanted = { name: quietToy, quantity: 1, price: Number(price), total: Number(price) }
    if (sale.status !== 200 || JSON.stringify(rest) !== JSON.stringify(wanted))
      throw new Error(`${key}: answered ${sale.status} ${JSON.stringify(sale.body)}`)
    bought.set(key, Number(number))
    const order = await ask(`/orders/${number}`)
    if (order.status !== 200 || order.body.data.name !== quietToy)
      throw new Error(`order ${number}: answered ${order.status} ${JSON.stringify(order.body)}`)
    const toy = await ask(`/products/${quietToy}`)
    // The confirmation follows the answer, but what is reserved is not in stock any more.
    if (toy.status !== 200 || toy.body.data.quantity !== quantity - bought.size)
      throw new Error(`after ${bought.size} purchases: ${toy.status} ${JSON.stringify(toy.body)}`)
  }
  const running = (async () => {
    while (going) {
      await round().catch((error: Error) => wrong.push(`the undisturbed buyer: ${error.message}`))
      if (wrong.length > 20) break
      await pause(10)
    }
    await agent.close()
  })()
  return {
    bought,
    wrong,
    times,
    async stop() {
      going = false
      await running
    },
  }
}
