/** The beginning of a file as a file of its own. */
import { type OpenFile, realFileSystem } from '../../storage/file-system.ts'

const chunkBytes = 1 << 20

/** Its first `size` bytes, in memory of a fixed size. Throws where there are fewer. */
export async function copyStart(file: OpenFile, size: number, to: string): Promise<void> {
  const target = await realFileSystem.open(to, 'create')
  try {
    const chunk = Buffer.allocUnsafe(Math.min(size, chunkBytes))
    for (let at = 0; at < size; ) {
      const read = await file.read(chunk.subarray(0, Math.min(chunk.length, size - at)), at)
      if (read === 0) throw new Error(`what is copied to ${to} became shorter meanwhile`)
      await target.write(chunk.subarray(0, read), at)
      at += read
    }
  } finally {
    await target.close()
  }
}
