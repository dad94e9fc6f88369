/** The internal token. Always true: how long a comparison takes tells nothing about where a guess went wrong. */
import { timingSafeEqual } from 'node:crypto'
import { StoreError } from '../errors.ts'

/** A check of `authorization` headers that throws `unauthorized` unless they bear `token`; it passes all where there is none. */
export function createGuard(token: string | undefined): (authorization: string | undefined) => void {
  if (token === undefined) return () => {}
  const expected = Buffer.from(`Bearer ${token}`)
  return (authorization = '') => {
    const given = Buffer.from(authorization)
    // Only the length is compared in the open.
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new StoreError('unauthorized', 'this needs the internal token')
  }
}
