/** Payment as a service of its own, with a client of it. */
import type { Test } from 'tap'
import { realClock } from '../../clock.ts'
import { createCaller } from '../../http/caller.ts'
import { ask } from '../../test/ask.ts'
import { startService } from '../../test/world.ts'
import { createPaymentClient, type PaymentClient } from '../client.ts'
import { startPayment } from '../start.ts'

export interface StartedPayment {
  url: string
  client: PaymentClient
  /** What payment answers to these commands, sent together. */
  ledger: (...commands: unknown[]) => Promise<unknown>
  /** In the shop's currency. */
  creditOf: (user: string) => Promise<number>
  close: () => Promise<void>
}

/** It ends with its test. */
export async function startedPayment(t: Test, env: Record<string, string>): Promise<StartedPayment> {
  const { url, close } = await startService(t, startPayment, env)
  const token = env.INTERNAL_TOKEN
  const caller = createCaller({ origin: url, service: 'payment', token, timeoutMs: 5000, clock: realClock })
  t.teardown(() => caller.close())
  const client = createPaymentClient(caller)
  return {
    url,
    client,
    ledger: async (...commands) => (await ask(`${url}/ledger`, { method: 'POST', body: commands })).body,
    creditOf: async (user) => (await client.get(user, {})).credit,
    close,
  }
}
