/**
 * A disk in memory that forgets as a real one may. It keeps what is synced apart from what is only in the page cache:
 *
 * - `kill`: a process ends; the cache stays, so the next one reads everything that was written.
 * - `cutPower`: of each file's unsynced pages any version since the last sync, or none, reaches the disk; its length is
 *   an old one, the new one, or one in between; a page that did not arrive reads as zeros. Unsynced names (creations,
 *   renames, links, removals, folders) are kept or lost one by one, a rename as a whole.
 * - A fault strikes the n-th call of all (mount.ts).
 *
 * Every choice comes from the random source that it is given, so a run can be repeated. Nothing here waits for real time.
 */
import { dirname } from 'node:path'
import { type Call, type Calls, type Fault, failure, Mount } from './mount.ts'

export { type Call, Calls, type Fault, type FaultKind, fits, Mount } from './mount.ts'

interface Node {
  cache: Buffer
  synced: Buffer
  /** What unsynced pages held, oldest first. */
  pages: Map<number, Buffer[]>
  /** Lengths since the last sync. */
  lengths: number[]
  mark: number
}

/** A name and what it stands for; undefined where there is none any more. */
type Naming = readonly [path: string, target: Node | 'folder' | undefined]

export class MemoryDisk {
  readonly #pageBytes: number
  #names = new Map<string, Node | 'folder'>()
  #syncedNames = new Map<string, Node | 'folder'>()
  /** By folder: what was done to its names since it was synced, each group as a whole. */
  #pending = new Map<string, (readonly Naming[])[]>()
  #marks = 0

  /** Small pages tear small files as large ones are torn by pages of 4,096 bytes. */
  constructor({ pageBytes = 4096 } = {}) {
    this.#pageBytes = pageBytes
  }

  /** The disk as one process sees it, until it is killed. */
  mount(fault?: Fault | Calls): Mount {
    return new Mount(this, fault)
  }

  /** A disk that goes on from here by itself. */
  clone(): MemoryDisk {
    const copy = new MemoryDisk({ pageBytes: this.#pageBytes })
    const copies = new Map<Node, Node>()
    const copied = (target: Node | 'folder'): Node | 'folder' => {
      if (target === 'folder') return target
      const known = copies.get(target)
      if (known !== undefined) return known
      // Buffers are never changed in place, so both disks can hold them.
      const pages = new Map([...target.pages].map(([page, versions]) => [page, [...versions]]))
      const node = { ...target, pages, lengths: [...target.lengths] }
      copies.set(target, node)
      return node
    }
    for (const [path, target] of this.#names) copy.#names.set(path, copied(target))
    for (const [path, target] of this.#syncedNames) copy.#syncedNames.set(path, copied(target))
    for (const [folder, groups] of this.#pending)
      copy.#pending.set(
        folder,
        groups.map((group) => group.map(([path, target]): Naming => [path, target && copied(target)])),
      )
    copy.#marks = this.#marks
    return copy
  }

  /** What is on the disk after it is one of those that the rules above allow; `random` (0 ≤ … < 1) chooses. */
  cutPower(random: () => number): void {
    const pick = <Thing>(things: readonly Thing[]): Thing => things[Math.floor(random() * things.length)]!
    for (const groups of this.#pending.values())
      for (const group of groups) if (random() < 0.5) for (const naming of group) rename(this.#syncedNames, naming)
    this.#pending.clear()
    this.#names = new Map([...this.#syncedNames].filter(([path]) => this.#hasFolder(path, this.#syncedNames)))
    this.#syncedNames = new Map(this.#names)
    for (const node of new Set(this.#names.values())) {
      if (node === 'folder') continue
      if (node.pages.size === 0 && node.lengths.length === 0) {
        if (node.cache !== node.synced) this.#settle(node, node.synced) // a failed sync has lost what the cache still shows
        continue
      }
      const ends = [...node.pages.keys()].map((page) => (page + 1) * this.#pageBytes)
      const lengths = [node.synced.length, ...node.lengths]
      const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)]
      const length = pick([...lengths, ...ends.filter((end) => end > shortest && end < longest)])
      const bytes = Buffer.alloc(length)
      node.synced.copy(bytes)
      const keep = random() // sometimes nearly all, sometimes nearly none
      for (const [page, versions] of node.pages) {
        const at = page * this.#pageBytes
        if (random() >= keep || at >= length) continue
        const version = pick(versions)
        // Behind the file's end a page was zeros when it was written; or the disk kept what it had there.
        if (random() < 0.5) bytes.fill(0, at, Math.min(length, at + this.#pageBytes))
        version.copy(bytes, at)
      }
      this.#settle(node, bytes)
    }
  }

  /** The bytes of a file as they can be read now; undefined where there is none. */
  read(path: string): Buffer | undefined {
    const node = this.#names.get(path)
    return node === undefined || node === 'folder' ? undefined : node.cache
  }

  /** Puts a whole file there, durably, as a person would; undefined takes it away. */
  put(path: string, bytes: Buffer | undefined): void {
    const node = bytes === undefined ? undefined : this.#newNode()
    if (node !== undefined) this.#settle(node, bytes!)
    for (const names of [this.#names, this.#syncedNames]) rename(names, [path, node])
    const folder = dirname(path)
    const groups = this.#pending.get(folder)?.map((group) => group.filter(([name]) => name !== path))
    if (groups !== undefined) this.#pending.set(folder, groups)
  }

  paths(): string[] {
    return [...this.#names].filter(([, target]) => target !== 'folder').map(([path]) => path)
  }

  /** What the calls do. Each takes effect at once and as a whole. */
  open(call: Call, mode: 'read' | 'write' | 'create'): Node {
    const { path } = call
    const found = this.#names.get(path)
    if (found === 'folder') throw failure('EISDIR', call)
    if (found === undefined) {
      if (mode !== 'create' || !this.#hasFolder(path, this.#names)) throw failure('ENOENT', call)
      const node = this.#newNode()
      this.#name([[path, node]])
      return node
    }
    if (mode === 'create') this.truncate(found, 0)
    return found
  }

  write(node: Node, bytes: Uint8Array, position: number): void {
    const length = Math.max(node.cache.length, position + bytes.length)
    const cache = Buffer.alloc(length)
    node.cache.copy(cache)
    cache.set(bytes, position)
    const size = this.#pageBytes
    const first = Math.floor(Math.min(position, node.cache.length) / size)
    for (let page = first; page * size < position + bytes.length; page++)
      node.pages.set(page, [...(node.pages.get(page) ?? []), cache.subarray(page * size, (page + 1) * size)])
    this.#change(node, cache)
  }

  truncate(node: Node, length: number): void {
    if (length > node.cache.length) {
      this.write(node, Buffer.alloc(length - node.cache.length), node.cache.length)
      return
    }
    const cache = Buffer.alloc(length)
    node.cache.copy(cache)
    this.#change(node, cache)
  }

  sync(node: Node): void {
    // Where an earlier failed sync has lost pages, what is on the disk is not what is in the cache.
    const bytes = Buffer.alloc(node.cache.length)
    node.synced.copy(bytes)
    for (const [page, versions] of node.pages) versions.at(-1)!.copy(bytes, page * this.#pageBytes)
    node.synced = bytes
    node.pages.clear()
    node.lengths = []
  }

  loseUnsynced(node: Node, { cached }: { cached: boolean }): void {
    if (cached)
      node.pages.clear() // any of the lengths may still arrive, the pages do not
    else this.#settle(node, node.synced)
  }

  list(call: Call): string[] {
    const folder = call.path
    if (this.#names.get(folder) !== 'folder') throw failure('ENOENT', call)
    return [...this.#names.keys()]
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1))
  }

  makeFolder(path: string): string | undefined {
    if (path === '/' || this.#names.get(path) === 'folder') return undefined
    const first = this.makeFolder(dirname(path))
    this.#name([[path, 'folder']])
    return first ?? path
  }

  rename(call: Call, from: string): void {
    const node = this.#names.get(from)
    if (node === undefined) throw failure('ENOENT', call)
    this.#name([
      [from, undefined],
      [call.path, node],
    ])
  }

  link(call: Call, from: string): void {
    const node = this.#names.get(from)
    if (node === undefined) throw failure('ENOENT', call)
    if (this.#names.has(call.path)) throw failure('EEXIST', call)
    this.#name([[call.path, node]])
  }

  remove(call: Call): void {
    if (!this.#names.has(call.path)) throw failure('ENOENT', call)
    this.#name([[call.path, undefined]])
  }

  syncFolder(folder: string): void {
    for (const group of this.#pending.get(folder) ?? []) for (const naming of group) rename(this.#syncedNames, naming)
    this.#pending.delete(folder)
  }

  stat(path: string): { size: number; mark: string } | undefined {
    const node = this.#names.get(path)
    if (node === undefined || node === 'folder') return undefined
    return { size: node.cache.length, mark: String(node.mark) }
  }

  #newNode(): Node {
    return { cache: Buffer.alloc(0), synced: Buffer.alloc(0), pages: new Map(), lengths: [], mark: ++this.#marks }
  }

  #change(node: Node, cache: Buffer): void {
    node.cache = cache
    node.lengths.push(cache.length)
    node.mark = ++this.#marks
  }

  #settle(node: Node, bytes: Buffer): void {
    Object.assign(node, { cache: bytes, synced: bytes, pages: new Map(), lengths: [], mark: ++this.#marks })
  }

  #name(group: readonly Naming[]): void {
    for (const naming of group) rename(this.#names, naming)
    const folder = dirname(group[0]![0])
    this.#pending.set(folder, [...(this.#pending.get(folder) ?? []), group])
  }

  #hasFolder(path: string, names: ReadonlyMap<string, Node | 'folder'>): boolean {
    const folder = dirname(path)
    return folder === '/' || (names.get(folder) === 'folder' && this.#hasFolder(folder, names))
  }
}

function rename(names: Map<string, Node | 'folder'>, [path, target]: Naming): void {
  if (target === undefined) names.delete(path)
  else names.set(path, target)
}
