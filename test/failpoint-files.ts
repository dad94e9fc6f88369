/** A file system over the real one that calls `hit` before and after every call that changes something. */
import type { FileSystem, OpenFile } from '../storage/file-system.ts'

export type Call = 'write' | 'sync' | 'rename' | 'syncFolder' | 'remove'
export type Hit = (call: Call, path: string, when: 'before' | 'after') => void

export function failpointFiles(files: FileSystem, hit: Hit): FileSystem {
  const around = async <Result>(call: Call, path: string, work: () => Promise<Result>): Promise<Result> => {
    hit(call, path, 'before')
    const result = await work()
    hit(call, path, 'after')
    return result
  }
  return {
    ...files,
    rename: (from, to) => around('rename', to, () => files.rename(from, to)),
    remove: (path) => around('remove', path, () => files.remove(path)),
    syncFolder: (folder) => around('syncFolder', folder, () => files.syncFolder(folder)),
    async open(path, mode): Promise<OpenFile> {
      const file = await files.open(path, mode)
      return {
        size: () => file.size(),
        read: (buffer, position) => file.read(buffer, position),
        write: (bytes, position) => around('write', path, () => file.write(bytes, position)),
        truncate: (length) => file.truncate(length),
        sync: () => around('sync', path, () => file.sync()),
        close: () => file.close(),
      }
    },
  }
}
