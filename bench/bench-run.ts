/** One run of the benchmark: what it has opened, and what it has recorded. Always: what was opened is closed, and each store's books are looked at. */
import { rmSync } from 'node:fs'
import { killStores } from '../client/own-store.ts'
import { type Ceiling, openCeiling } from './ceiling.ts'
import { openShop, type Shop, type ShopOptions } from './shop.ts'
import { type StartLine, startLine } from './start-line.ts'

export interface BenchOptions {
  rounds: number
  /** A round. */
  seconds: number
  warmUpSeconds: number
  /** For stores and all that is synced; emptied at the end. */
  folder: string
  /** So many orders in the large store. */
  orders?: number
  tell: (line: string) => void
}

export class Bench {
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly folder: string
  readonly orders: number
  readonly tell: (line: string) => void
  readonly startLine: StartLine = startLine()
  /** Everything that was measured, as it came. */
  readonly record: { name: string; rounds: unknown[] }[] = []
  /** Verdicts over the books of the stores, in their order. */
  readonly books: { line: string; balanced: boolean }[] = []
  readonly #closers: (() => Promise<void>)[] = []

  constructor({ rounds, seconds, warmUpSeconds, folder, orders = 0, tell }: BenchOptions) {
    this.rounds = rounds
    this.seconds = seconds
    this.warmUpSeconds = warmUpSeconds
    this.folder = folder
    this.orders = orders
    this.tell = tell
  }

  /** A store of ten toys, empty where no data folder is given. */
  async openShop(options: ShopOptions = {}): Promise<Shop> {
    const shop = await openShop(this, options)
    this.closeAtEnd(shop.close)
    return shop
  }

  /** A program of `ceilings/`, or of a whole URL, as a process of its own. */
  async openCeiling(program: string, ...args: string[]): Promise<Ceiling> {
    const ceiling = await openCeiling(this, program, args)
    this.closeAtEnd(ceiling.close)
    return ceiling
  }

  /** The last to be opened is closed first. */
  closeAtEnd(close: () => Promise<void>): void {
    this.#closers.push(close)
  }

  /** Ends all that is open. */
  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) await close()
  }

  /** At the end of this process, whatever is still open: a store that ran on would make its folder again. */
  remove(): void {
    killStores()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
