/** How many pieces a shop still has, of all toys together. */
import { isObject } from '../json.ts'
import { Connection } from '../load/connection.ts'
import { listPath, nextPath } from '../load/toys.ts'

/** Undefined where the shop does not tell. */
export async function piecesLeft(url: string, timeoutMs: number): Promise<number | undefined> {
  const connection = new Connection(url, timeoutMs)
  try {
    let sum = 0
    for (let path: string | undefined = listPath; path !== undefined; ) {
      const ending = await connection.ask({ method: 'GET', path })
      if (!ending.ok || !Array.isArray(ending.body.data)) return undefined
      for (const toy of ending.body.data) sum += isObject(toy) ? Number(toy.quantity) : 0
      path = nextPath(ending.body.next)
    }
    return sum
  } finally {
    connection.interrupt()
  }
}
