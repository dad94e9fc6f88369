/** How a fault is written down: what is matched, and what it is changed to. */
import { errorReply, json, type Plant, type Reply, type Request, withData } from '../planted.ts'

export interface Fault {
  /** What is wrong with the store. */
  title: string
  /** The name of the check that must fail, and alone. */
  caughtBy: string
  /** Only who waits for an answer without an end is kept short. */
  timeout?: number
  /** Made anew for each run. */
  plant: () => Plant
}

export type Matches = (request: Request, reply: Reply) => boolean

export const get =
  (path: string): Matches =>
  (request) =>
    request.method === 'GET' && request.path === path
export const isOwn = ({ headers }: Request): boolean =>
  headers['x-forwarded-for'] === undefined && headers.origin === undefined && headers.authorization === undefined
export const ownGet =
  (start: string): Matches =>
  (request, { status }) =>
    request.method === 'GET' && request.path.startsWith(start) && isOwn(request) && status === 200
const isPurchase: Matches = ({ method, path }) => method === 'POST' && path === '/orders'
export const isBuy: Matches = (request, reply) =>
  isPurchase(request, reply) && !('user' in request.body) && !('cart' in request.body)
export const isOfCart: Matches = (request, reply) => isPurchase(request, reply) && 'cart' in request.body
export const isByCustomer: Matches = (request, reply) => isPurchase(request, reply) && 'user' in request.body
/** An order that nobody but its buyer has paid. */
export const isOrder: Matches = (request, reply) =>
  ownGet('/orders/')(request, reply) && /"number":\d/.test(reply.text) && !reply.text.includes('"user":')
export const isSold: Matches = (request, reply) => isBuy(request, reply) && reply.status === 200
/** A toy alone, and no name in escapes from end to end. */
export const isToy: Matches = ({ method, path }, { status }) =>
  method === 'GET' && status === 200 && /^\/products\/\w+$/.test(path)
export const refusal =
  (reason: string, also: Matches = () => true): Matches =>
  (request, reply) =>
    reply.text.includes(`"reason":"${reason}"`) && also(request, reply)

export const changed =
  (matches: Matches, change: (reply: Reply, request: Request) => Reply): (() => Plant) =>
  () => ({ change: (reply, request) => (matches(request, reply) ? change(reply, request) : reply) })

/** Only the first that matches. */
export const once =
  (matches: Matches, change: (reply: Reply) => Reply): (() => Plant) =>
  () => {
    let left = 1
    return { change: (reply, request) => (matches(request, reply) && left-- > 0 ? change(reply) : reply) }
  }

export const dataChanged = (matches: Matches, change: (data: Record<string, unknown>) => unknown): (() => Plant) =>
  changed(matches, (reply) => withData(reply, change))

export const number = (value: unknown): number => value as number
export const internal = (): Reply => errorReply(500, 'internal')
export const accepted = (): Reply => json(200, { data: {} })
