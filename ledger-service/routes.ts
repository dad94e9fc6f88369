/** The routes that every service with a ledger has. All of them are internal. */
import { z } from 'zod'
import { asError } from '../errors.ts'
import { check, wholeNumberText } from '../http/check.ts'
import { answerEach } from '../http/each.ts'
import { pageReply } from '../http/page.ts'
import type { Route } from '../http/routes.ts'
import type { Command, Ledger, Outcome } from '../storage/ledger.ts'
import { accountsOf, type Commands } from './commands.ts'

const movementPage = z.object({
  after: wholeNumberText(0, Number.MAX_SAFE_INTEGER).default(0),
  limit: wholeNumberText(1, 1000).default(50),
})

/** So many accounts' lines are less than one append may write, whatever their names. */
const accountsAtOnce = 400

/** `POST /ledger`: commands, answered in their order. `headers`: what an answer carries, asked when all was done. */
export const ledgerRoute = (
  ledger: Pick<Ledger, 'execute'>,
  { schema, looksRight }: Commands,
  headers: () => Readonly<Record<string, string>> = () => ({}),
): Route => ({
  method: 'POST',
  path: '/ledger',
  internal: true,
  bodyBytesMax: 8 << 20,
  async handle(context) {
    const execute = (commands: readonly Command[]) => executeSome(ledger, commands)
    return { ...(await answerEach(await context.body(), schema, execute, looksRight)), headers: headers() }
  },
})

/** What is too much for one line group of the journal goes in several; each part is done, or refused, by itself. */
async function executeSome(
  ledger: Pick<Ledger, 'execute'>,
  commands: readonly Command[],
): Promise<readonly (Outcome | Error)[]> {
  const parts: Command[][] = []
  let room = 0
  for (const command of commands) {
    const accounts = accountsOf(command)
    if (room < accounts) {
      parts.push([])
      room = accountsAtOnce
    }
    parts.at(-1)!.push(command)
    room -= accounts
  }
  const [only] = parts
  if (parts.length === 1) return ledger.execute(only!)
  const failed = (part: readonly Command[]) => (error: unknown) => part.map(() => asError(error))
  return (await Promise.all(parts.map((part) => ledger.execute(part).catch(failed(part))))).flat()
}

/** `GET /movements?after=&limit=` */
export const movementsRoute = (ledger: Pick<Ledger, 'movements'>): Route => ({
  method: 'GET',
  path: '/movements',
  internal: true,
  async handle({ query }) {
    const { after, limit } = check(movementPage, query)
    return pageReply(await ledger.movements(after, limit + 1), limit, ({ number }) => number)
  },
})
