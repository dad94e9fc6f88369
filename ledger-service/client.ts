/** Typed calls to a service with a ledger, whatever its accounts are. */
import { createBatcher, type HopOptions, type ItemOptions } from '../http/batcher.ts'
import type { CallOptions as AnyCallOptions, Caller } from '../http/caller.ts'
import type { Command, Movement, Outcome } from '../storage/ledger.ts'

import { accountsOf } from './commands.ts'

export type CallOptions = Pick<AnyCallOptions, 'deadline' | 'traceparent'>

export interface LedgerClient<Answer = Outcome> {
  /** The ledger's commands, answered in their order, with an error for one that is refused as no command. */
  ledger(commands: readonly Command[], options: ItemOptions): Promise<(Answer | Error)[]>
  /** One of them, which travels with others. Throws its error. */
  execute(command: Command, options: ItemOptions): Promise<Answer>
  movements(after: number, limit: number, options: CallOptions): Promise<{ data: Movement[]; next: number | null }>
  /** Throws where it is not ready. */
  ready(): Promise<void>
}

/** `read`: what an answer resolves to, given the headers of the reply that brought it. */
export function createLedgerClient<Answer = Outcome>(
  caller: Caller,
  hop: HopOptions = {},
  read: (headers: Readonly<Record<string, string | string[] | undefined>>) => (data: unknown) => unknown = () =>
    (data) =>
      data,
): LedgerClient<Answer> {
  const commands = createBatcher({
    batchMax: 1000, // what a service takes at once
    ...hop,
    caller,
    path: '/ledger',
    weigh: (command) => accountsOf(command as Command),
    read,
  })
  return {
    ledger: (all, options) => commands.sendAll(all, options) as Promise<(Answer | Error)[]>,
    execute: (command, options) => commands.send(command, options) as Promise<Answer>,
    async movements(after, limit, options) {
      const { body } = await caller.call('GET', `/movements?after=${after}&limit=${limit}`, options)
      return body as { data: Movement[]; next: number | null }
    },
    async ready() {
      await caller.call('GET', '/readyz')
    },
  }
}
