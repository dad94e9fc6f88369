/**
 * Follows a neighbour's stream of server-sent events. Always true: from a life's first event to its `down` none is missed; a
 * neighbour that says nothing for a while, not even a comment, is taken for gone; and what is cut is begun anew after a
 * short pause, for as long as it takes.
 */
import Client from 'undici/lib/dispatcher/client.js'
import type { Clock } from '../clock.ts'
import { heartbeatMs } from './event-stream.ts'

const pauseMs = 100
const connectMs = 3_000
/** Two heartbeats may be late, or lost in a busy moment. */
export const silentMsMax = 3 * heartbeatMs
/** More than any event that a neighbour sends: what is longer is no stream of ours. */
const eventCharactersMax = 64 * 1024 * 1024

export interface FollowOptions {
  /** As `http://127.0.0.1:8081`. */
  origin: string
  path: string
  /** The internal token. */
  token?: string | undefined
  clock: Clock
  /** In their order. What it throws ends this life of the stream. */
  event(name: string, data: unknown): void
  /** Once after each life that had told anything: from now on events are missed, until the next life's first. */
  down(why: Error): void
}

/** Begins to follow; returns how to stop, after which nothing is told any more. */
export function follow({ origin, path, token, clock, event, down }: FollowOptions): () => void {
  const client = new Client(origin, {
    pipelining: 1,
    allowH2: false,
    connectTimeout: connectMs,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const headers = { accept: 'text/event-stream', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  let stopped = false
  let cancelTimer = (): void => {}
  let endLife = (_: Error): void => {}

  /** One life of the stream, from the request to the pause behind it. */
  const begin = (): void => {
    let abort: ((why: Error) => void) | undefined
    let told = false
    let over = false
    let heardAt = clock.elapsed()
    const read = eventReader((name, data) => {
      told = true
      event(name, data)
    })

    const end = (why: Error): void => {
      if (over) return
      over = true
      cancelTimer()
      if (!stopped) cancelTimer = clock.after(pauseMs, begin)
      abort?.(why)
      if (told && !stopped) down(why)
    }
    const listen = (): void => {
      const silentMs = clock.elapsed() - heardAt
      if (silentMs >= silentMsMax) end(new Error(`nothing was heard for ${Math.round(silentMs)} ms`))
      else cancelTimer = clock.after(silentMsMax - silentMs, listen)
    }
    endLife = end
    cancelTimer = clock.after(silentMsMax, listen)
    client.dispatch(
      { method: 'GET', path, headers, body: null },
      {
        onRequestStart(controller) {
          // As in exchange.ts: thrown here, an error keeps undici from sending what was given up, or anything twice.
          if (over || abort !== undefined) throw new Error('this life of the stream is over')
          abort = (why) => controller.abort(why)
        },
        onResponseStart(_, status, { 'content-type': type }) {
          heardAt = clock.elapsed()
          if (status !== 200 || type !== 'text/event-stream') end(new Error(`status ${status}, and no stream`))
        },
        onResponseData(_, chunk) {
          if (over) return
          heardAt = clock.elapsed()
          try {
            read(chunk)
          } catch (error) {
            end(error instanceof Error ? error : new Error(String(error)))
          }
        },
        onResponseEnd: () => end(new Error('the stream has ended')),
        onResponseError: (_, error) => end(error),
      },
    )
  }

  begin()
  return () => {
    stopped = true
    endLife(new Error('it is followed no more'))
    cancelTimer()
    void client.destroy()
  }
}

/** Takes a stream piece by piece and tells each whole event. Lines end with a line feed, as ours do. */
function eventReader(tell: (name: string, data: unknown) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  return (chunk) => {
    text += decoder.decode(chunk, { stream: true })
    const end = text.lastIndexOf('\n\n')
    if (end < 0) {
      if (text.length > eventCharactersMax) throw new RangeError('an event is too long')
      return
    }
    const whole = text.slice(0, end).split('\n\n')
    text = text.slice(end + 2)
    for (const block of whole) {
      if (block.startsWith(':')) continue
      const found = /^event: (\w+)\ndata: (.*)$/s.exec(block)
      if (found === null) throw new SyntaxError('this is no event of ours')
      tell(found[1]!, JSON.parse(found[2]!))
    }
  }
}
