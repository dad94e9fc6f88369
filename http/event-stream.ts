/**
 * A reply that goes on: server-sent events (HTML Living Standard, 9.2). Always true: a stream is no request in flight, and
 * ends with its connection; what waits for one reader is bounded, and who lets more than that wait is cut; a quiet stream
 * says something every few seconds, so that a peer which is gone is noticed; and all end at once when the server closes.
 */
import type { ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Connections } from './connections.ts'

/**
 * Begins a stream: `send` writes text that `eventText` made, and does nothing when the reader has gone. What it returns is
 * called once when the stream has ended, whoever ended it.
 */
export type Events = (send: (text: string) => void) => () => void

/** A stream in which nothing else is said says a comment so often. */
export const heartbeatMs = 2_000

const headers = ['content-type', 'text/event-stream', 'cache-control', 'no-store', 'connection', 'close']
const heartbeat = ':\n\n'

/** One event as it is written: made once, however many readers it has. JSON holds no line break. */
export const eventText = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

export interface EventStreams {
  /** Answers with a stream; with its head alone where the client asked for no more, or the server is closing. */
  begin(response: ServerResponse, events: Events): void
  /** Ends all, and each that begins later. */
  close(): void
}

interface Stream {
  send(text: string): void
  end(): void
}

export function createEventStreams(connections: Connections, clock: Clock): EventStreams {
  const streams = new Set<Stream>()
  let closed = false
  let stopBeat = (): void => {}

  const beat = (): void => {
    for (const stream of streams) stream.send(heartbeat)
    stopBeat = clock.after(heartbeatMs, beat)
  }

  return {
    begin(response, events) {
      if (response.destroyed || response.headersSent || response.req.socket.writableEnded) return
      response.writeHead(200, headers)
      if (closed || response.req.method === 'HEAD') {
        response.end()
        connections.replied(response, { closes: true })
        return
      }
      connections.streams(response)
      response.flushHeaders()
      let over = false
      let left = (): void => {}
      const stream: Stream = {
        send(text) {
          if (over || !connections.takes(response)) return
          response.write(text)
          connections.wrote(response)
        },
        end() {
          // A reader that stands still would keep the server from closing.
          if (response.writableLength > 0) response.req.socket.destroy()
          else response.end()
        },
      }
      if (streams.size === 0) stopBeat = clock.after(heartbeatMs, beat)
      streams.add(stream)
      response.once('close', () => {
        over = true
        streams.delete(stream)
        if (streams.size === 0) stopBeat()
        left()
      })
      try {
        left = events(stream.send)
      } catch (error) {
        response.req.socket.destroy() // there is no other way to say so any more
        throw error
      }
    },

    close() {
      closed = true
      for (const stream of streams) stream.end()
    },
  }
}
