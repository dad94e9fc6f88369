/**
 * How movements.csv is checked at a start. It is cut to what the journal says is synced of it, and goes on there: where that
 * place is not the end of its last row, other hands were at it, and the cut would take what it must keep.
 */
import { StartError, systemCode } from '../../errors.ts'
import type { FileSystem } from '../file-system.ts'
import type { SegmentHead } from './journal.ts'
import { movementsHeader, movementsName } from './movements.ts'

/** More than a row can take. */
const rowBytesMax = 8192

/** Changes nothing. Throws a StartError where a person must mend the file. */
export async function checkMovements(
  files: FileSystem,
  folder: string,
  { movementBytes, lastMovement }: Pick<SegmentHead, 'movementBytes' | 'lastMovement'>,
): Promise<void> {
  const path = `${folder}/${movementsName}`
  const file = await files.open(path, 'read').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw new StartError(`${path}: it is missing; restore it from a backup`)
    throw error
  })
  try {
    const header = Buffer.alloc(movementsHeader.length)
    const headerBytes = await file.read(header, 0)
    const start = Math.max(0, movementBytes - rowBytesMax)
    const end = Buffer.alloc(movementBytes - start)
    const endBytes = await file.read(end, start)
    if (endBytes < end.length) return // too short: Movements.open says so
    if (headerBytes < header.length || header.toString() !== movementsHeader)
      throw new StartError(
        `${path}:1: the header must be ${movementsHeader.trim()}; was the file saved by another program, or written by a newer ` +
          'version of the store? Restore it from a backup, or start the newer one',
      )
    const last = end.toString().split('\n').at(-2) ?? ''
    const wanted = lastMovement === 0 ? movementsHeader.trim() : String(lastMovement)
    if (end.at(-1) !== 10 || (last !== wanted && !last.startsWith(`${wanted},`)))
      throw new StartError(
        `${path}: movement ${lastMovement} does not end at byte ${movementBytes}, where it was written: the file was changed by ` +
          'other hands; restore it from a backup',
      )
  } finally {
    await file.close()
  }
}
