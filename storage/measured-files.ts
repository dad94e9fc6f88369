/** A file system whose syncs are timed. Always: it does what the one below does, and a sync that fails is timed too. */
import { basename } from 'node:path'
import type { Clock } from '../clock.ts'
import type { FileSystem, OpenFile } from './file-system.ts'

/** `takes` gives who notes the seconds of a kind of file, such as `journal` for all journal segments. */
export function measuredFiles(
  files: FileSystem,
  clock: Clock,
  takes: (kind: string) => { note(seconds: number): void },
): FileSystem {
  return {
    async open(path, mode): Promise<OpenFile> {
      const file = await files.open(path, mode)
      const seconds = takes(/^[a-z_]+/.exec(basename(path))?.[0] ?? 'other')
      return {
        size: () => file.size(),
        read: (buffer, position) => file.read(buffer, position),
        write: (bytes, position) => file.write(bytes, position),
        truncate: (length) => file.truncate(length),
        async sync() {
          const began = clock.elapsed()
          try {
            await file.sync()
          } finally {
            seconds.note((clock.elapsed() - began) / 1000)
          }
        },
        close: () => file.close(),
      }
    },
    readFile: (path) => files.readFile(path),
    list: (folder) => files.list(folder),
    makeFolder: (folder) => files.makeFolder(folder),
    rename: (from, to) => files.rename(from, to),
    link: (from, to) => files.link(from, to),
    remove: (path) => files.remove(path),
    syncFolder: (folder) => files.syncFolder(folder),
    stat: (path) => files.stat(path),
  }
}
