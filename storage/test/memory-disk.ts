/**
 * A disk in memory that forgets as a real one may. It keeps what is synced apart from what is only in the page cache:
 *
 * - `kill`: a process ends; the cache stays, so the next one reads everything that was written.
 * - `cutPower`: of each file's unsynced pages any version since the last sync, or none, reaches the disk; its length is
 *   an old one, the new one, or one in between; a page that did not arrive reads as zeros. Unsynced names (creations,
 *   renames, links, removals, folders) are kept or lost one by one, a rename as a whole.
 * - A fault strikes the n-th call of all, see `Fault`.
 *
 * Every choice comes from the random source that it is given, so a run can be repeated. Nothing here waits for real time.
 */
import { dirname } from 'node:path'
import { type FileSystem, fileOver, type OpenFile, type RawFile } from '../file-system.ts'

/** What happens to the n-th call; `fits` says to which. */
export type FaultKind =
  | 'EIO'
  | 'ENOSPC'
  | 'EDQUOT'
  | 'EMFILE'
  /** Half the bytes are written, then no more room: ENOSPC. */
  | 'half-write'
  /** The system writes or reads fewer bytes than asked and says so: the next call goes on from there. */
  | 'short'
  /** A failed sync whose pages stay readable but will never be written, as Linux does. */
  | 'sync-lost-later'
  /** A failed sync whose pages are gone from the cache too. */
  | 'sync-lost'
  /** What is read has one bit flipped in its middle. */
  | 'bit-flip'
  /** The call is not done and never answered: the process ends here. */
  | 'kill'
  /** A write is half done, anything else is done, but never answered. */
  | 'kill-after'

export interface Fault {
  /** The call that it strikes, from 1. */
  at: number
  kind: FaultKind
  /** From then on every call that needs room fails so, until `heal`. */
  lasting?: boolean
}

export interface Call {
  kind: keyof FileSystem | keyof RawFile
  path: string
}

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

const writes = new Set<Call['kind']>(['write'])
const reads = new Set<Call['kind']>(['read', 'readFile'])
const syncs = new Set<Call['kind']>(['datasync'])
const special: Partial<Record<FaultKind, ReadonlySet<Call['kind']>>> = {
  'half-write': writes,
  short: new Set([...writes, 'read']),
  'sync-lost': syncs,
  'sync-lost-later': syncs,
  'bit-flip': reads,
}
const needsRoom = new Set<Call['kind']>(['write', 'open', 'makeFolder', 'link', 'rename'])

/** Whether such a fault can befall such a call. */
export const fits = (fault: FaultKind, call: Call['kind']): boolean => special[fault]?.has(call) ?? true

const never = new Promise<never>(() => {})
const failure = (code: string, call: Call): Error =>
  Object.assign(new Error(`${code}: ${call.kind} '${call.path}'`), { code })

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
  mount(fault?: Fault): Mount {
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
      if (node === 'folder' || (node.pages.size === 0 && node.lengths.length === 0)) continue
      const ends = [...node.pages.keys()].map((page) => (page + 1) * this.#pageBytes)
      const lengths = [node.synced.length, ...node.lengths]
      const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)]
      const length = pick([...lengths, ...ends.filter((end) => end > shortest && end < longest)])
      const bytes = Buffer.alloc(length)
      node.synced.copy(bytes)
      const keep = random() // sometimes nearly all, sometimes nearly none
      for (const [page, versions] of node.pages)
        if (random() < keep && page * this.#pageBytes < length) pick(versions).copy(bytes, page * this.#pageBytes)
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
    if (cached) {
      node.synced = Buffer.concat([node.synced], node.cache.length) // the length may arrive, the pages do not
      node.pages.clear()
      node.lengths = []
    } else this.#settle(node, node.synced)
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

/** One process's calls, counted; a dead one never does nor answers anything again. */
export class Mount implements FileSystem {
  readonly calls: Call[] = []
  /** Resolves when a call came that will never be answered. */
  readonly ended: Promise<void>
  readonly #disk: MemoryDisk
  #fault: Fault | undefined
  #dead = false
  #sayEnded: () => void

  constructor(disk: MemoryDisk, fault?: Fault) {
    this.#disk = disk
    this.#fault = fault
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#sayEnded = resolve
  }

  /** Whether the fault has struck. */
  get struck(): boolean {
    return this.#fault !== undefined && this.calls.length >= this.#fault.at
  }

  get dead(): boolean {
    return this.#dead
  }

  /** A lasting fault ends. */
  heal(): void {
    this.#fault = undefined
  }

  /** The process is gone; what it wrote is in the cache. */
  kill(): void {
    this.#dead = true
    this.#sayEnded()
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<OpenFile> {
    const disk = this.#disk
    const node = await this.#call('open', path, (call) => disk.open(call, mode))
    return fileOver({
      stat: () => this.#call('stat', path, () => ({ size: node.cache.length })),
      read: (buffer, offset, length, position) =>
        this.#call('read', path, (_call, kind) => {
          const wanted = kind === 'short' ? Math.ceil(length / 2) : length
          const bytes = flipped(node.cache.subarray(position, position + wanted), kind)
          buffer.set(bytes, offset)
          return { bytesRead: bytes.length }
        }),
      write: (bytes, offset, length, position) =>
        this.#call('write', path, (call, kind) => {
          const half = kind === 'short' || kind === 'half-write' || kind === 'kill-after'
          const written = half ? Math.ceil(length / 2) : length
          disk.write(node, bytes.subarray(offset, offset + written), position)
          if (kind === 'half-write') throw failure('ENOSPC', call)
          return { bytesWritten: written }
        }),
      truncate: (length) => this.#call('truncate', path, () => disk.truncate(node, length)),
      datasync: () =>
        this.#call('datasync', path, (call, kind) => {
          if (kind === 'sync-lost' || kind === 'sync-lost-later') {
            disk.loseUnsynced(node, { cached: kind === 'sync-lost-later' })
            throw failure('EIO', call)
          }
          disk.sync(node)
        }),
      close: () => this.#call('close', path, () => {}),
    })
  }

  readFile = (path: string): Promise<Buffer> =>
    this.#call('readFile', path, (call, kind) => Buffer.from(flipped(this.#disk.open(call, 'read').cache, kind)))
  list = (folder: string): Promise<string[]> => this.#call('list', folder, (call) => this.#disk.list(call))
  makeFolder = (folder: string): Promise<string | undefined> =>
    this.#call('makeFolder', folder, () => this.#disk.makeFolder(folder))
  rename = (from: string, to: string): Promise<void> =>
    this.#call('rename', to, (call) => this.#disk.rename(call, from))
  link = (from: string, to: string): Promise<void> => this.#call('link', to, (call) => this.#disk.link(call, from))
  remove = (path: string): Promise<void> => this.#call('remove', path, (call) => this.#disk.remove(call))
  syncFolder = (folder: string): Promise<void> => this.#call('syncFolder', folder, () => this.#disk.syncFolder(folder))
  stat = (path: string): Promise<{ size: number; mark: string } | undefined> =>
    this.#call('stat', path, () => this.#disk.stat(path))

  async #call<Result>(
    kind: Call['kind'],
    path: string,
    work: (call: Call, fault?: FaultKind) => Result,
  ): Promise<Result> {
    if (this.#dead) return never
    const call = { kind, path }
    this.calls.push(call)
    const fault = this.#faultOf()
    if (fault === undefined) return work(call)
    if (fault === 'kill') {
      this.kill()
      return never
    }
    if (fault === 'kill-after') {
      work(call, fault)
      this.kill()
      return never
    }
    if (special[fault] === undefined) throw failure(fault, call)
    return work(call, fault)
  }

  #faultOf(): FaultKind | undefined {
    const fault = this.#fault
    if (fault === undefined) return undefined
    const now = this.calls.length
    const { kind } = this.calls.at(-1)!
    const strikes = now === fault.at || (fault.lasting === true && now > fault.at && needsRoom.has(kind))
    return strikes && fits(fault.kind, kind) ? fault.kind : undefined
  }
}

function flipped(bytes: Buffer, fault: FaultKind | undefined): Buffer {
  if (fault !== 'bit-flip' || bytes.length === 0) return bytes
  const copy = Buffer.from(bytes)
  const middle = copy.length >> 1
  copy[middle] = copy[middle]! ^ 1
  return copy
}
