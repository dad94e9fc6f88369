/**
 * A map for the conformance suite to run over: all values in one file that is written anew by each update, one after
 * another. `broken` takes one of its promises away; the suite must notice each.
 */
import { Mutex } from 'async-mutex'
import { StoreError } from '../../errors.ts'
import { type FileSystem, replaceFile } from '../file-system.ts'
import type { BulkMap } from '../map.ts'

export const breaks = [
  'answers before it is durable',
  'shows what is not durable',
  'loses an update that came between',
  'forgets that a key was deleted',
  'changes a value and says that nothing happened',
  'sets only the first of many',
  'changes something when the change throws',
] as const
export type Break = (typeof breaks)[number]

const name = 'map.json'

export class ReferenceMap implements BulkMap<string> {
  readonly #files: FileSystem
  readonly #folder: string
  readonly #broken: Break | undefined
  readonly #writing = new Mutex()
  #values: ReadonlyMap<string, string>

  private constructor(files: FileSystem, folder: string, values: ReadonlyMap<string, string>, broken?: Break) {
    this.#files = files
    this.#folder = folder
    this.#values = values
    this.#broken = broken
  }

  static async open(files: FileSystem, folder: string, broken?: Break): Promise<ReferenceMap> {
    const path = `${folder}/${name}`
    const found = (await files.stat(path)) === undefined ? '[]' : (await files.readFile(path)).toString()
    const values = new Map(JSON.parse(found) as [string, string][])
    // What was read may only be in the page cache, and nothing may be answered that a power cut takes back.
    await replaceFile(files, folder, name, Buffer.from(found))
    return new ReferenceMap(files, folder, values, broken)
  }

  async get(key: string): Promise<string | undefined> {
    return this.#values.get(key)
  }

  async update(key: string, change: (value: string | undefined) => string | undefined): Promise<string | undefined> {
    const early = this.#broken === 'loses an update that came between' ? this.#values : undefined
    const working = this.#writing.runExclusive(async () => {
      const before = (early ?? this.#values).get(key)
      const value = this.#changed(change, before)
      const next = new Map(this.#values)
      if (value !== undefined) next.set(key, value)
      else if (this.#broken !== 'forgets that a key was deleted') next.delete(key)
      if (this.#broken === 'shows what is not durable') this.#values = next
      if (this.#broken === 'answers before it is durable') void this.#write(next).catch(() => {})
      else await this.#write(next)
      this.#values = next
      if (value === undefined && this.#broken === 'forgets that a key was deleted')
        this.#values = new Map([...next].filter(([each]) => each !== key))
      return value
    })
    return working
  }

  async putAll(entries: Iterable<readonly [string, string]>): Promise<void> {
    const all = [...entries]
    await this.#writing.runExclusive(async () => {
      const next = new Map([
        ...this.#values,
        ...(this.#broken === 'sets only the first of many' ? all.slice(0, 1) : all),
      ])
      await this.#write(next)
      this.#values = next
    })
  }

  get size(): number {
    return this.#values.size
  }

  async *entries(): AsyncGenerator<[string, string]> {
    yield* this.#values
  }

  async delete(key: string): Promise<void> {
    await this.update(key, () => undefined)
  }

  async close(): Promise<void> {
    await this.#writing.runExclusive(() => {})
  }

  #changed(change: (value: string | undefined) => string | undefined, before: string | undefined): string | undefined {
    if (this.#broken !== 'changes something when the change throws') return change(before)
    try {
      return change(before)
    } catch {
      return undefined
    }
  }

  /** A disk that refuses may have done the rename: only before it "nothing happened" is true. */
  async #write(values: ReadonlyMap<string, string>): Promise<void> {
    let renamed = false
    const rename = async (from: string, to: string) => {
      renamed = true
      await this.#files.rename(from, to)
    }
    const { syncFolder, remove } = this.#files
    const files = { open: this.#files.open.bind(this.#files), rename, syncFolder, remove } as unknown as FileSystem
    try {
      await replaceFile(files, this.#folder, name, Buffer.from(JSON.stringify([...values])))
    } catch (error) {
      const lies = this.#broken === 'changes a value and says that nothing happened'
      throw new StoreError(renamed && !lies ? 'outcome_unknown' : 'unavailable', 'the disk refused', { cause: error })
    }
  }
}
