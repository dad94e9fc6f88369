/**
 * What is written down of a copy beside it, such as `carts.csv.seal`: one sealed line with what the copy may hold where it is
 * ours, and whether it shows everything. Always: it is durable before the copy can hold what it says.
 */
import { crc32 } from 'node:zlib'
import { type FileSystem, replaceFile } from '../file-system.ts'
import { checksumText, sealRow, unsealRow } from './row.ts'

/** What a file holds, in short. */
export interface Seal {
  bytes: number
  checksum: string
}

export interface CopySeal {
  /** `stopped`: it shows everything, and nothing was changed since. `in use`: it may be behind. */
  state: 'in use' | 'stopped'
  /** What the copy may hold where it is ours: the last one, and the one that was to come. */
  known: readonly Seal[]
}

const readBytes = 1 << 18

export const isSame = (a: Seal, b: Seal): boolean => a.bytes === b.bytes && a.checksum === b.checksum

/** A seal that grows with what is written. */
export class Sealing {
  bytes = 0
  #checksum = 0

  add(piece: Buffer): void {
    this.#checksum = crc32(piece, this.#checksum)
    this.bytes += piece.length
  }

  get seal(): Seal {
    return { bytes: this.bytes, checksum: checksumText(this.#checksum) }
  }
}

/** The seal of what a file holds now, read piece by piece. `goOn` is called before each and may throw. */
export async function sealOf(files: FileSystem, path: string, goOn: () => void): Promise<Seal> {
  const file = await files.open(path, 'read')
  try {
    const sealing = new Sealing()
    const buffer = Buffer.allocUnsafeSlow(readBytes)
    for (;;) {
      goOn()
      const read = await file.read(buffer, sealing.bytes)
      if (read === 0) return sealing.seal
      sealing.add(buffer.subarray(0, read))
    }
  } finally {
    await file.close()
  }
}

/** Undefined where it is not whole. Rejects where the disk refuses the read. */
export async function readCopySeal(files: FileSystem, path: string): Promise<CopySeal | undefined> {
  const text = (await files.readFile(path)).toString()
  const [state, ...rest] = unsealRow(text.replace(/\n$/, '')) ?? []
  if (state !== 'in use' && state !== 'stopped') return undefined
  const known: Seal[] = []
  for (let i = 0; i + 1 < rest.length; i += 2) known.push({ bytes: Number(rest[i]), checksum: rest[i + 1]! })
  return { state, known }
}

export const writeCopySeal = (
  files: FileSystem,
  folder: string,
  name: string,
  { state, known }: CopySeal,
): Promise<void> => {
  const fields = known.flatMap(({ bytes, checksum }) => [String(bytes), checksum])
  return replaceFile(files, folder, name, Buffer.from(`${sealRow([state, ...fields])}\n`))
}
