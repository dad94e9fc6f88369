/** How many pieces a shop still has, of all toys together. */
import { Connection, isObject } from '../load/connection.ts'
import { listPath } from '../load/toys.ts'

/** Undefined where the shop does not tell. */
export async function piecesLeft(url: string, timeoutMs: number): Promise<number | undefined> {
  const connection = new Connection(url, timeoutMs)
  try {
    let sum = 0
    for (let path: string | undefined = listPath; path !== undefined; ) {
      const ending = await connection.ask({ method: 'GET', path })
      if (!ending.ok || !Array.isArray(ending.body.data)) return undefined
      for (const toy of ending.body.data) sum += isObject(toy) ? Number(toy.quantity) : 0
      const { next } = ending.body
      path = typeof next === 'string' ? `${listPath}&after=${encodeURIComponent(next)}` : undefined
    }
    return sum
  } finally {
    connection.interrupt()
  }
}
