/**
 * Which handler answers which request. Always true: only a whole path matches, and a parameter is decoded once and never
 * empty.
 */
import findMyWay from 'find-my-way'
import { StoreError } from '../errors.ts'
import type { Context } from './context.ts'
import type { Limits } from './limits.ts'
import type { Reply } from './reply.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Route {
  method: Method
  /** With parameters, as `/products/:name`. */
  path: string
  /** Throws a StoreError for what is refused. It runs on to its end also when its client has gone. */
  handle: (context: Context) => Reply | Promise<Reply>
  /** Asks for the server's internal token, where it has one. */
  internal?: boolean
  /** Answers errors with status 200 and the same body. */
  errorsAs200?: boolean
  /** Answers what the caller could have known with status 400, whatever it is: 404, 409, 422. */
  failuresAs400?: boolean
  /** Answers also with too many requests in flight, and its 503 is no event to log: for health checks. */
  alwaysServed?: boolean
  /** Instead of the server's own limit. */
  bodyBytesMax?: number
}

export interface Match {
  route: Route
  params: Readonly<Record<string, string>>
  queryText: string
}

export interface Router {
  /** Errors: `not_found`, `method_not_allowed` (its detail `allow` lists the right ones), `bad_request` (an escape), `uri_too_long`. */
  match(method: string, uri: string): Match
}

/** A router over `routes`; HEAD is matched as GET. Throws when two routes are the same. */
export function createRouter(routes: readonly Route[], { uriBytesMax }: Pick<Limits, 'uriBytesMax'>): Router {
  const tree = findMyWay({ maxParamLength: uriBytesMax })
  for (const route of routes) tree.on(route.method, route.path, unused, route)
  const methods = [...new Set(routes.map(({ method }) => method))]

  const find = (method: string, path: string): Pick<Match, 'route' | 'params'> | undefined => {
    const found = tree.find(method as findMyWay.HTTPMethod, path)
    if (found === null) return undefined
    const params = found.params as Record<string, string>
    for (const name in params) if (params[name] === '') return undefined
    return { route: found.store as Route, params }
  }

  return {
    match(method, uri) {
      if (uri.length > uriBytesMax) throw new StoreError('uri_too_long', `a URI may have at most ${uriBytesMax} bytes`)
      checkEscapes(uri)
      const mark = uri.indexOf('?')
      const path = mark < 0 ? uri : uri.slice(0, mark)
      const found = find(method === 'HEAD' ? 'GET' : method, path)
      if (found !== undefined) return { ...found, queryText: mark < 0 ? '' : uri.slice(mark + 1) }
      const allowed = methods.filter((other) => find(other, path) !== undefined)
      if (allowed.length === 0) throw new StoreError('not_found', 'there is nothing at this path')
      const allow = allowed.flatMap((other) => (other === 'GET' ? ['GET', 'HEAD'] : [other])).join(', ')
      throw new StoreError('method_not_allowed', `this path takes ${allow}`, { details: { allow } })
    },
  }
}

/** Separators are never part of an escape, so the whole decodes exactly when each of its parts does. */
function checkEscapes(uri: string): void {
  if (!uri.includes('%')) return
  try {
    decodeURIComponent(uri)
  } catch (cause) {
    throw new StoreError('bad_request', 'the URI has a percent escape that is not UTF-8', { cause })
  }
}

/** find-my-way wants a handler for each route; ours is taken from the route itself. */
const unused = (): void => {}
