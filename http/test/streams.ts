/** A route whose streams a test holds in hand. */
import { type Events, eventText } from '../event-stream.ts'
import type { Route } from '../routes.ts'

/** Each begins with an event `begin`; `senders` are those that are read. */
export function stream(): { route: Route; senders: Set<(text: string) => void>; tell: (text: string) => void } {
  const senders = new Set<(text: string) => void>()
  const events: Events = (send) => {
    senders.add(send)
    send(eventText('begin', { at: 1 }))
    return () => senders.delete(send)
  }
  const route: Route = { method: 'GET', path: '/events', handle: () => ({ events }) }
  return {
    route,
    senders,
    tell: (text) => {
      for (const send of senders) send(text)
    },
  }
}
