/** How much a server takes from its callers. Always true: each of these has a limit, and what is over it gets a clear refusal. */
export interface Limits {
  /** A body's size; a route may say otherwise. Over it: 413. */
  readonly bodyBytesMax: number
  /** Request line and header fields together, counted by Node's parser. Over it: 431. */
  readonly headerBytesMax: number
  /** Header fields. Over it: 431. */
  readonly headerFieldsMax: number
  /** The request's target: path and query. Over it: 414. */
  readonly uriBytesMax: number
  /** From the connection, or a kept connection's first byte, to the end of the header. Over it: 408. */
  readonly headersTimeoutMs: number
  /** The same, to the end of the body. */
  readonly requestTimeoutMs: number
  /** From a reply that the client does not take at once to its last byte. Over it, the connection is closed. */
  readonly replyTimeoutMs: number
  /** How long a connection may lie idle before it is closed. */
  readonly keepAliveTimeoutMs: number
  /** Over it, the connection whose client has been silent for the longest is closed for the new one. */
  readonly connectionsMax: number
  /** Requests that are here whole and whose handler has not ended. Over it: 503 at once. */
  readonly inFlightMax: number
  /** Requests that came before their connection's earlier ones were answered. Over it, the connection is closed that brings more. */
  readonly pipelinedMax: number
  /** Of bodies that are still on their way, together. Over it, the one that takes the longest gets 503. */
  readonly unfinishedBytesMax: number
  /** Of replies that their clients have not taken, together. Over it, the connection is closed that takes the longest. */
  readonly unreadBytesMax: number
}

export const defaultLimits: Limits = {
  bodyBytesMax: 65_536,
  headerBytesMax: 16_384,
  headerFieldsMax: 100,
  uriBytesMax: 8_192,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  replyTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  connectionsMax: 10_000,
  inFlightMax: 5_000,
  pipelinedMax: 10_000,
  unfinishedBytesMax: 64 * 1024 * 1024,
  unreadBytesMax: 64 * 1024 * 1024,
}

/** What each of `threads` threads may take where all of them together may take what is one server's. */
export const sharedLimits = (threads: number): Partial<Limits> => {
  const share = (all: number): number => Math.ceil(all / threads)
  return {
    connectionsMax: share(defaultLimits.connectionsMax),
    inFlightMax: share(defaultLimits.inFlightMax),
    pipelinedMax: share(defaultLimits.pipelinedMax),
    unfinishedBytesMax: share(defaultLimits.unfinishedBytesMax),
    unreadBytesMax: share(defaultLimits.unreadBytesMax),
  }
}

/** How long a connection is still read, and what comes thrown away, after a refusal that its client must be able to read. */
export const lingerMs = 1_000

/** What the reader of a stream may have left untaken when the next event comes. Over it, the connection is closed. */
export const streamUnreadBytesMax = 1024 * 1024
