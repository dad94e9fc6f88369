/** An attempt at a purchase, as the coordinator keeps it while it is under way. */
import type { Answer, HeldAt } from '../catalog/client.ts'
import { StoreError } from '../errors.ts'
import type { AttemptId } from '../storage/ledger.ts'
import type { Ask } from './participant.ts'
import type { Settling, Side } from './side.ts'

/** An attempt under way. */
export interface Attempt {
  /** Its place among those that were wanted together. */
  index: number
  id: AttemptId
  /** Of its id. */
  seq: number
  asks: readonly Ask[]
  /** Whom each of `asks` is for. */
  sides: readonly Side[]
  /** What each of them answered. */
  answers: (Answer | Error)[]
}

/** An attempt that holds all it asked for: `items` by ask. */
export interface Held {
  index: number
  id: AttemptId
  items: readonly (readonly HeldAt[])[]
}

export const heldOf = ({ index, id, answers }: Attempt): Held => ({
  index,
  id,
  items: answers.map((answer) => ('items' in answer ? answer.items : [])),
})

export const commandsOf = (op: Settling['op'], side: Side, attempts: readonly Attempt[]): Settling[] =>
  attempts.filter(({ sides }) => sides.includes(side)).map(({ id }) => ({ op, id }))

export const tooLate = (): StoreError => new StoreError('unavailable', 'the purchase took too long; nothing was bought')
