/**
 * What a check is: a name, the routes that it is about, and one thing that must hold. A check that builds on another takes what
 * that one found by `shop.after(other)`; where the other did not hold, it is left out, so that one fault is told once.
 */
import type { Answer, Asked } from './answer.ts'

export interface Check<Found = unknown> {
  /** As it is printed: the route first. No two have the same. */
  name: string
  /** The front end's routes that it is about, as the server writes them: `GET /products/:name`. */
  routes?: readonly string[]
  /** Throws Failed, LeftOut or Unanswered; what it returns is for the checks after it. */
  run(shop: Shop): Promise<Found>
}

/** The store as a check sees it. */
export interface Shop {
  ask(asked: Asked): Promise<Answer>
  /** The same, as its owner: with the token, where there is one. */
  askAsOwner(asked: Asked): Promise<Answer>
  readonly hasToken: boolean
  /** Throws LeftOut where nothing may be made that nobody can take away again. */
  checkMayCreate(): void
  /** Whether errors of the original's routes come with status 200 (ERROR_STATUS=200). */
  readonly errorsAs200: boolean
  /** What an earlier check found. Throws LeftOut where it did not hold. */
  after<Found>(check: Check<Found>): Found
  /** Adds to the check's line. */
  tell(words: string): void
  /** A line of its own at the end. */
  note(sentence: string): void
}

/** It does not hold. Both go on from "expected" and "was answered". */
export class Failed extends Error {
  override readonly name = 'Failed'
  readonly expected: string
  readonly answered: string

  constructor(expected: string, answered: string) {
    super(`expected ${expected}, was answered ${answered}`)
    this.expected = expected
    this.answered = answered
  }
}

/** It cannot be checked here, and why. */
export class LeftOut extends Error {
  override readonly name = 'LeftOut'
}
