/** What a contract gives so that scripts of its calls can be run over its engines: the calls, and what a naive model says to them. */
import type fc from 'fast-check'

export interface Suite<Store, Call, State> {
  name: 'ledger' | 'log' | 'map'
  calls: fc.Arbitrary<Call>
  /** What an engine under test holds when it is made. */
  first: State
  /** What a call that begins at this time makes of a state, which stays as it is, and what it answers. */
  apply(state: State, call: Call, now: number): { state: State; answer: unknown }
  /** What a crash may leave of a call besides nothing and all; undefined for one that changes nothing. */
  halves(call: Call, now: number): ((state: State) => State[]) | undefined
  /** Two states with the same text are the same. */
  asText(state: State): string
  ask(store: Store, call: Call): Promise<unknown>
  /** Whether this answer at this time is what the model says. */
  fits(right: unknown, answer: unknown, now: number): boolean
  asCode(call: Call): string
  /** Calls that change nothing and whose answers tell the whole state. */
  look: readonly Call[]
  /** Calls that a sound engine takes in any state. */
  works: readonly Call[]
  /** How many of the contract's commands a call holds. */
  size(call: Call): number
}
