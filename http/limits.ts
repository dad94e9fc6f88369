/** How much a server takes from its callers. Always true: each of these has a limit, and what is over it gets a clear refusal. */
export interface Limits {
  /** A body's size; a route may say otherwise. Over it: 413. */
  readonly bodyBytesMax: number
  /** Request line and header fields together, counted by Node's parser. Over it: 431. */
  readonly headerBytesMax: number
  /** The request's target: path and query. Over it: 414. */
  readonly uriBytesMax: number
  /** From the connection, or a kept connection's first byte, to the end of the header. Over it: 408. */
  readonly headersTimeoutMs: number
  /** The same, to the end of the body. */
  readonly requestTimeoutMs: number
  /** How long a connection may lie idle, or a reply wait for its reader, before it is closed. */
  readonly keepAliveTimeoutMs: number
  /** Over it, the longest idle connection is closed for the new one. */
  readonly connectionsMax: number
  /** Requests whose handler has not ended. Over it: 503 at once. */
  readonly inFlightMax: number
}

export const defaultLimits: Limits = {
  bodyBytesMax: 65_536,
  headerBytesMax: 16_384,
  uriBytesMax: 8_192,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 65_000,
  connectionsMax: 10_000,
  inFlightMax: 5_000,
}

/** How long a connection is still read, and what comes thrown away, after a refusal that its client must be able to read. */
export const lingerMs = 1_000
