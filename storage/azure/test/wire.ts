/** The network between a map and its table: fails as it is told, and is cut for good when the process ends. */
import type { TableServiceClientOptions } from '@azure/data-tables'
import { RestError } from '@azure/data-tables'
import type { NetworkFault } from '../../test/conformance/engine.ts'

type Policy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy']
type Request = Parameters<Policy['sendRequest']>[0]
type Next = Parameters<Policy['sendRequest']>[1]
type Response = Awaited<ReturnType<Next>>

export type WireFault = NetworkFault | 'kill' | 'kill-after'

export interface Sent {
  method: string
  /** Of the whole address. */
  url: string
  body: string
  ifMatch: string | undefined
}

/** Says what becomes of a request; undefined: it goes its way. */
export type Strike = (sent: Sent, number: number) => WireFault | undefined | Promise<WireFault | undefined>

/** A request that is `late` is done when so many others were. */
const lateBy = 2

export class Wire {
  strike: Strike
  /** In milliseconds, before each request. */
  slowMs = 0
  /** What `throttled` says. */
  retryAfter = '0'
  readonly sent: Sent[] = []
  /** How many are under way that will never be answered. */
  hanging = 0
  #dead = false
  #struck = false
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers()
  readonly #underWay = new Set<Promise<unknown>>()
  #late: { after: number; work: () => Promise<unknown> }[] = []

  constructor(strike: Strike = () => undefined) {
    this.strike = strike
  }

  /** Nothing passes any more. */
  get dead(): boolean {
    return this.#dead
  }

  /** Resolves when nothing passes any more. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  die(): void {
    this.#dead = true
    this.#ended.resolve()
  }

  get struck(): boolean {
    return this.#struck
  }

  get client(): TableServiceClientOptions {
    const policy: Policy = { name: 'wire', sendRequest: (request, next) => this.#send(request, next) }
    return { additionalPolicies: [{ policy, position: 'perRetry' }] }
  }

  /** The process ends; resolves when nothing that it sent is under way any more. */
  async cut(): Promise<void> {
    this.die()
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
    const late = this.#late
    this.#late = []
    for (const { work } of late) await work().catch(() => {})
  }

  async #send(request: Request, next: Next): Promise<Response> {
    if (this.#dead) return hang(request)
    if (this.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, this.slowMs))
    const sent = sentOf(request)
    this.sent.push(sent)
    const fault = await this.strike(sent, this.sent.length)
    if (fault !== undefined) this.#struck = true
    const pass = () => this.#pass(request, next)
    switch (fault) {
      case undefined:
        return pass()
      case 'kill':
      case 'kill-after':
        if (fault === 'kill-after') await pass()
        this.die()
        return hang(request)
      case 'cut':
        throw broken(request)
      case 'late':
        if (sent.ifMatch === undefined) throw broken(request) // a late insertion is the one that nothing makes harmless
        this.#late.push({ after: this.sent.length + lateBy, work: () => next(unlimited(request)) })
        throw broken(request)
      case 'cut-after':
        await pass()
        throw broken(request)
      case 'failed':
        return answer(request, 500)
      case 'failed-after':
        return answer(await pass().then(() => request), 500)
      case 'throttled':
        return answer(request, 429, { 'retry-after': this.retryAfter })
      case 'silent': {
        await this.#pass(unlimited(request), next)
        this.hanging += 1
        return hang(request).finally(() => {
          this.hanging -= 1
        })
      }
    }
  }

  async #pass(request: Request, next: Next): Promise<Response> {
    const passing = next(request)
    this.#underWay.add(passing)
    const response = await passing.finally(() => this.#underWay.delete(passing))
    await this.#doLate()
    return this.#dead ? hang(request) : response
  }

  async #doLate(): Promise<void> {
    const due = this.#late.filter(({ after }) => after <= this.sent.length)
    this.#late = this.#late.filter((each) => !due.includes(each))
    for (const { work } of due) await work().catch(() => {})
  }
}

function sentOf({ method, url, body, headers }: Request): Sent {
  return { method, url, body: typeof body === 'string' ? body : '', ifMatch: headers.get('If-Match') }
}

/** Done though its caller has long gone. */
function unlimited(request: Request): Request {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(request)), request) as Request
  delete copy.abortSignal
  return copy
}

/** Until the caller gives it up. */
const hang = (request: Request): Promise<never> =>
  new Promise((_, reject) => {
    const end = () => reject(Object.assign(new Error('given up'), { name: 'AbortError' }))
    if (request.abortSignal?.aborted) end()
    else request.abortSignal?.addEventListener('abort', end)
  })

const broken = (request: Request): RestError => new RestError('socket hang up', { code: 'ECONNRESET', request })

function answer(request: Request, status: number, headers: Record<string, string> = {}): Response {
  const Headers = request.headers.constructor as new (raw: Record<string, string>) => Request['headers']
  return { request, status, headers: new Headers(headers), bodyAsText: '' }
}
