/**
 * What a person changed in the readable file while the store was stopped, found by comparing it with the bases and taken as
 * commands. Nothing is changed here.
 */
import { StartError } from '../../errors.ts'
import type { Account, Command, Fact, Rule } from '../ledger.ts'
import type { LedgerState } from '../ledger-state.ts'
import { parseBase, readBase } from './base.ts'
import { baseName } from './journal.ts'
import { parseAccounts } from './readable.ts'
import type { LedgerFiles } from './segments.ts'

/**
 * The commands that make the state what the readable file says, where that is a person's doing. `ours`: it is byte for byte
 * as the store wrote it; one that a spreadsheet only saved again is written anew in our form.
 */
export async function findHandEdit(
  { files, folder, name, columns }: LedgerFiles,
  state: LedgerState,
  bases: readonly number[],
  readable: Buffer | undefined,
  unsold: boolean,
): Promise<{ handEdit: Command[]; edited: boolean; ours: boolean }> {
  const none = { handEdit: [], edited: false, ours: false }
  if (readable === undefined) return none
  const read = await Promise.all(bases.map((base) => readBase(files, `${folder}/${baseName(base)}`)))
  const baseBytes = read.map(({ bytes }) => bytes)
  if (baseBytes.some((bytes) => bytes.equals(readable))) return { ...none, ours: true }
  const path = `${folder}/${name}`
  const wanted = parseAccounts(columns, readable, path)
  const written = baseBytes.map((bytes, i) => parseBase({ columns }, bytes, `${folder}/${baseName(bases[i]!)}`))
  if (written.some((accounts) => sameAccounts(accounts, wanted))) return none
  const current = new Map(state.accounts())
  if (sameAccounts(current, wanted)) return { ...none, edited: true }
  if (!unsold)
    throw new StartError(
      `${path}: it was changed by hand, but the store did not stop cleanly and its journal holds purchases that the change does not know. ` +
        `Nothing was touched. To go on: move the file aside, start the store, stop it, and make the change again in the new file`,
    )
  const puts = [...wanted].filter(([account, row]) => !sameAccount(current.get(account), row))
  const gone = [...current.keys()].filter((account) => !wanted.has(account))
  const handEdit = [
    ...gone.map((account): Command => ({ op: 'remove', account, reason: handEditReason })),
    ...puts.map(([account, row]): Command => ({ op: 'put', account, ...row, reason: handEditReason })),
  ]
  return { handEdit, edited: true, ours: false }
}

const handEditReason = 'hand edit'

/** Whether a journal line took a change of a person. */
export const isHandEdit = (facts: readonly Fact[]): boolean =>
  facts.some((fact) => fact.fact === 'movement' && fact.movement.reason === handEditReason)

/** Throws a StartError where the rule refuses a change. */
export function checkHandEdit(
  { folder, name }: LedgerFiles,
  state: LedgerState,
  commands: Command[],
  rule: Rule,
): void {
  for (const outcome of rule(state, commands, 0).outcomes)
    if (outcome.outcome === 'refused')
      throw new StartError(
        `${folder}/${name}: ${outcome.accounts.join(', ')} was taken out, but a purchase still holds some of it; ` +
          'put the row back, start the whole store so that the purchase settles, stop it, and take the row out then',
      )
}

const sameAccount = (a: Account | undefined, b: Account): boolean =>
  a !== undefined && a.balance === b.balance && a.attributes.join('\n') === b.attributes.join('\n')

const sameAccounts = (a: ReadonlyMap<string, Account>, b: ReadonlyMap<string, Account>): boolean =>
  a.size === b.size && [...b].every(([account, row]) => sameAccount(a.get(account), row))
