/** Keys for purchases that came without one. Always: 128 bits of the system's randomness each, never used twice. */
import { randomFillSync } from 'node:crypto'

const keyBytes = 16
/** Asking the system costs as much for many keys as for one, and more than all the rest of a purchase's check. */
const pool = Buffer.allocUnsafeSlow(256 * keyBytes)
let used = pool.length

export function mintKey(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += keyBytes
  return pool.toString('hex', used - keyBytes, used)
}
