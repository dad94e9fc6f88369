/** An attempt at a purchase, as the coordinator keeps it while it is under way, and whom it asks. */
import type { Answer, HeldAt } from '../catalog/client.ts'
import type { AttemptId, Command } from '../storage/ledger.ts'
import type { Ask, Participant } from './participant.ts'

/** A participant, and what the coordinator knows of it. */
export interface Side {
  participant: Participant
  /** It has answered this incarnation's first open. */
  opened: boolean
  down: boolean
  /** An open is under way. */
  asking: boolean
  nextOpenAt: number
  unsettled: Set<AttemptId>
}

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

/** What settles an attempt. */
export type Settling = Command & { op: 'confirm' | 'void' }

export const heldOf = ({ index, id, answers }: Attempt): Held => ({
  index,
  id,
  items: answers.map((answer) => ('items' in answer ? answer.items : [])),
})

export const commandsOf = (op: Settling['op'], side: Side, attempts: readonly Attempt[]): Settling[] =>
  attempts.filter(({ sides }) => sides.includes(side)).map(({ id }) => ({ op, id }))
