import { readFileSync } from 'node:fs'
import t from 'tap'
import { type FileSystem, realFileSystem } from '../../storage/file-system.ts'
import { filesNamed } from '../files/unsynced.ts'

/** Writes a file and syncs it and its folder; gives what reached the disk's syncs. */
async function syncsOf(name: string, folder: string): Promise<string[]> {
  const synced: string[] = []
  const watched: FileSystem = {
    ...realFileSystem,
    async open(path, mode) {
      const file = await realFileSystem.open(path, mode)
      return { ...file, sync: async () => void synced.push('file') }
    },
    syncFolder: async () => void synced.push('folder'),
  }
  const files = filesNamed(name, watched)
  const file = await files.open(`${folder}/${name}`, 'create')
  await file.write(Buffer.from('written'), 0)
  await file.sync()
  await file.close()
  await files.syncFolder(folder)
  return synced
}

t.test('on the unsynced file system nothing is synced, and all is written', async (t) => {
  const folder = t.testdir()
  t.strictSame(await syncsOf('unsynced', folder), [])
  t.equal(readFileSync(`${folder}/unsynced`, 'utf8'), 'written')
})

t.test('on the real one all is', async (t) => {
  t.strictSame(await syncsOf('real', t.testdir()), ['file', 'folder'])
})

t.test('a file system of another name is refused', async (t) => {
  t.throws(() => filesNamed(undefined, realFileSystem), /must be real or unsynced/)
})
