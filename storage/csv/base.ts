/**
 * A base's bytes: those of the readable file at the moment when its segment began, and a last line `checksum,<CRC-32>`. A
 * start believes it, so one changed digit must be noticed. Bases of journal format 1 have no such line.
 */
import { crc32 } from 'node:zlib'
import { StartError } from '../../errors.ts'
import type { FileSystem } from '../file-system.ts'
import type { Account } from '../ledger.ts'
import { type AccountColumns, parseAccounts } from './readable.ts'
import { checksumText } from './row.ts'

const sealForm = /^checksum,([0-9a-f]{8})\n$/
const sealBytes = 'checksum,00000000\n'.length

const sealLine = (checksum: number): Buffer => Buffer.from(`checksum,${checksumText(checksum)}\n`)
const sealOf = (bytes: Buffer): Buffer => sealLine(crc32(bytes))

export const sealBase = (bytes: Buffer): Buffer => Buffer.concat([bytes, sealOf(bytes)])

/** The same in pieces, each taken when it is asked for; the checksum is part of the last. */
export function* sealPieces(pieces: Iterable<Buffer>): Generator<Buffer> {
  let checksum = 0
  let last: Buffer | undefined
  for (const piece of pieces) {
    if (last !== undefined) yield last
    checksum = crc32(piece, checksum)
    last = piece
  }
  yield Buffer.concat([last ?? Buffer.alloc(0), sealLine(checksum)])
}

/** The bytes without their checksum, and whether that is right; undefined where there is none. */
export function unsealBase(bytes: Buffer): { bytes: Buffer; right: boolean | undefined } {
  const seal = bytes.subarray(-sealBytes)
  if (!sealForm.test(seal.toString('latin1'))) return { bytes, right: undefined }
  const rest = bytes.subarray(0, -sealBytes)
  return { bytes: rest, right: sealOf(rest).equals(seal) }
}

export const damagedBase = (path: string): StartError =>
  new StartError(`${path}: it is damaged (it does not fit its checksum); restore the folder from a backup`)

/** Throws a StartError where it does not fit its checksum. */
export async function readBase(files: FileSystem, path: string): Promise<ReturnType<typeof unsealBase>> {
  const unsealed = unsealBase(await files.readFile(path))
  if (unsealed.right === false) throw damagedBase(path)
  return unsealed
}

/**
 * Our own file: a balance may be above what people may set it to, by what reservations gave back. Throws a StartError that
 * does not send a person to edit it.
 */
export function parseBase({ columns }: { columns: AccountColumns }, bytes: Buffer, path: string): Map<string, Account> {
  try {
    return parseAccounts(columns, bytes, path, { most: Number.MAX_SAFE_INTEGER })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    throw new StartError(
      `${error.message} (this file is the store's own: where a newer version wrote it, start that one; where it was damaged, ` +
        'restore the folder from a backup)',
    )
  }
}
