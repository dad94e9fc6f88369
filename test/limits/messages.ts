/** What the limits run tells its processes, and what they tell it: one that measures, and one for each disturbance. */

export interface Measure {
  url: string
  toys: string[]
  seconds: number
  seed: number
}

/** Times in milliseconds, from when a request was due to the end of its answer. */
export interface Measured {
  p50: number
  p99: number
  requests: number
  /** How many requests ended in something else than 200, by the store's reason or the word for what went wrong. */
  failures: Record<string, number>
}

export const kinds = ['idle', 'senders', 'readers', 'pipelines', 'burst'] as const
export type Kind = (typeof kinds)[number]

export interface Disturb {
  kind: Kind
  port: number
}

/** `ready`: everything is in place, and the measuring may begin. `go`: the disturbance begins, where it is one moment. */
export type ToDisturber = Disturb | 'go'
export type FromDisturber = { ready: true } | { done: Disturbed }

/** What the disturbing client got. */
export interface Disturbed {
  answered: number
  refused: number
  /** Milliseconds until 99 in 100 of the refusals were there. */
  refusedP99: number
  /** Connections or requests that ended without an answer. */
  lost: number
}
