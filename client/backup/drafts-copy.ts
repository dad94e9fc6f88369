/**
 * The segments of a map, copied while the store appends to the last one and may make the older ones small. Whatever is found
 * of them is whole: a small one takes the place of the newest of those that it holds, before the older ones go.
 */
import { type OpenFile, realFileSystem } from '../../storage/file-system.ts'
import { whileReplaced } from '../verify/ledger.ts'
import { wholeLines } from '../verify/order-lines.ts'
import { copyStart } from './copy-start.ts'

interface Segment {
  name: string
  /** Held open: it may lose its name meanwhile. */
  file: OpenFile
}

/** Whether a file is one of those named `<name>-00000001.csv` and so on. */
export const isSegmentOf = (name: string, file: string): boolean =>
  file.startsWith(`${name}-`) && /^\d{8,15}\.csv$/.test(file.slice(name.length + 1))

/** Of the folder `from`, those named `<name>-00000001.csv` and so on, in whole rows; none where there is no such file. */
export async function copySegments(from: string, to: string, name: string): Promise<void> {
  const segments = await whileReplaced(() => openSegments(from, name))
  try {
    for (const segment of segments)
      await copyStart(segment.file, await wholeLines(segment.file), `${to}/${segment.name}`)
  } finally {
    for (const { file } of segments) await file.close()
  }
}

/** Throws ENOENT where one was replaced meanwhile. */
async function openSegments(folder: string, name: string): Promise<Segment[]> {
  const segments: Segment[] = []
  try {
    for (const each of (await realFileSystem.list(folder)).filter((one) => isSegmentOf(name, one)).sort())
      segments.push({ name: each, file: await realFileSystem.open(`${folder}/${each}`, 'read') })
    return segments
  } catch (error) {
    for (const { file } of segments) await file.close()
    throw error
  }
}
