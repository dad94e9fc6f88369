/**
 * A base's bytes: those of the readable file at the moment when its segment began, and a last line `checksum,<CRC-32>`. A
 * start believes it, so one changed digit must be noticed. Bases of journal format 1 have no such line.
 */
import { crc32 } from 'node:zlib'
import { StartError } from '../../errors.ts'

const sealForm = /^checksum,([0-9a-f]{8})\n$/
const sealBytes = 'checksum,00000000\n'.length

const sealOf = (bytes: Buffer): Buffer => Buffer.from(`checksum,${crc32(bytes).toString(16).padStart(8, '0')}\n`)

export const sealBase = (bytes: Buffer): Buffer => Buffer.concat([bytes, sealOf(bytes)])

/** The bytes without their checksum, and whether that is right; undefined where there is none. */
export function unsealBase(bytes: Buffer): { bytes: Buffer; right: boolean | undefined } {
  const seal = bytes.subarray(-sealBytes)
  if (!sealForm.test(seal.toString('latin1'))) return { bytes, right: undefined }
  const rest = bytes.subarray(0, -sealBytes)
  return { bytes: rest, right: sealOf(rest).equals(seal) }
}

export const damagedBase = (path: string): StartError =>
  new StartError(`${path}: it is damaged (it does not fit its checksum); restore the folder from a backup`)
