/** Learns which toys the store has, before the load begins. */
import { isObject } from '../json.ts'
import { nearest } from '../options.ts'
import { Connection, type Ending } from './connection.ts'

export const listPath = '/products?limit=1000'
const pagesMax = 10_000

/** Why no load can begin, in a sentence. */
export class LoadError extends Error {
  override readonly name = 'LoadError'
}

/** The names of all toys, page by page. Throws LoadError when the store cannot be reached, refuses or has none. */
export async function listToys(url: string, timeoutMs: number): Promise<string[]> {
  const connection = new Connection(url, timeoutMs)
  const names = new Set<string>()
  let path: string | undefined = listPath
  try {
    for (let page = 0; path !== undefined; page++) {
      if (page === pagesMax) throw new LoadError(`The store at ${url} has more pages of toys than can be read.`)
      const ending = await connection.ask({ method: 'GET', path })
      if (!ending.ok) throw new LoadError(whyNot(ending.kind, url, timeoutMs))
      for (const name of namesOf(ending, url)) names.add(name)
      path = nextPath(ending.body.next)
    }
  } finally {
    connection.interrupt()
  }
  if (names.size === 0) throw new LoadError(`The store at ${url} has no toys.`)
  return [...names]
}

/** Those that the load is to use. Throws LoadError where one of them is not there. */
export function chosenToys(all: string[], wanted: string[] | number | undefined): string[] {
  if (wanted === undefined) return all
  if (typeof wanted === 'number') return all.slice(0, wanted)
  const missing = wanted.find((name) => !all.includes(name))
  if (missing !== undefined)
    throw new LoadError(`The store has no toy ${JSON.stringify(missing)}${nearest(missing, all)}.`)
  return wanted
}

function namesOf({ body }: Ending & { ok: true }, url: string): string[] {
  const toys: unknown[] = Array.isArray(body.data) ? body.data : [undefined]
  return toys.map((toy) => {
    if (isObject(toy) && typeof toy.name === 'string') return toy.name
    throw new LoadError(`What answers at ${url} is no toy store: its GET /products is not a list of toys.`)
  })
}

/** `next` is the name after which the next page begins; null when all is read. */
export function nextPath(next: unknown): string | undefined {
  return typeof next === 'string' ? `${listPath}&after=${encodeURIComponent(next)}` : undefined
}

function whyNot(kind: string, url: string, timeoutMs: number): string {
  if (kind === 'unreachable') return `The store at ${url} cannot be reached. Is it running (npm start)?`
  if (kind === 'timeout') return `The store at ${url} did not answer within ${timeoutMs / 1000} s.`
  if (kind === 'cut') return `What answers at ${url} breaks the connection; it is no toy store.`
  if (kind === 'unreadable_answer' || kind === 'http_404') return `What answers at ${url} is no toy store.`
  return `The store at ${url} did not list its toys: ${kind}.`
}
