/**
 * What the threads of a front end owe each other: below this floor none of them may show a product. A buyer's next request
 * may come to any thread, and each has a memory of its own, told by a stream of its own, so one may lag behind another.
 *
 * Always true: before a thread shows a product, or answers a purchase of it, the position is in the floor; and what a thread
 * has in memory is shown only where it holds the floor's position. The floor is per name (names share a slot at times: then
 * one of them is asked for once too often) and per epoch. What no position says, or one of an epoch that is not the floor's,
 * begins a new trust: what was asked for before it is shown no more. All is in shared memory, so that nobody waits for it.
 */
import type { Position } from '../catalog/client.ts'

const slots = 8192
/** The current epoch, then a slot a name: the epoch's last 20 bits, and 43 of the sequence; then their trusts. */
const slotsAt = 1
const trustsAt = slotsAt + slots
const sequenceBits = 43n

/** The memory that the threads of a front end are given to share. */
export const floorMemory = (): SharedArrayBuffer => new SharedArrayBuffer(8 * (trustsAt + slots))

/** How the floor of a name was when something was asked for. */
export interface Mark {
  slot: bigint
  trust: bigint
}

export class Floor {
  readonly #words: BigInt64Array
  /** The last epoch that was asked about, which is nearly always the same. */
  #epoch: string | undefined
  #whole = 0n
  #short = 0n

  constructor(memory: SharedArrayBuffer) {
    this.#words = new BigInt64Array(memory)
  }

  /** A stream of this epoch has begun. */
  begin(epoch: string): void {
    this.#take(epoch)
    Atomics.store(this.#words, 0, this.#whole)
  }

  /** Somebody is shown this, or has bought it: undefined where nothing is known of when. */
  raise(name: string, at: Position | undefined): void {
    const index = indexOf(name)
    if (at === undefined || !this.#isCurrent(at.epoch)) {
      Atomics.add(this.#words, trustsAt + index, 1n)
      return
    }
    const wanted = (this.#short << sequenceBits) | BigInt(at.sequence)
    let is = Atomics.load(this.#words, slotsAt + index)
    while (is >> sequenceBits !== this.#short || is < wanted) {
      const was = Atomics.compareExchange(this.#words, slotsAt + index, is, wanted)
      if (was === is) return
      is = was
    }
  }

  /** Whether what was asked for at `mark`, and holds all changes up to `at`, may be shown. */
  allows(name: string, at: Position, mark: Mark): boolean {
    if (!this.#isCurrent(at.epoch)) return false
    const { slot, trust } = this.mark(name)
    if (trust !== mark.trust) return false
    return (slot & sequenceMask) <= BigInt(at.sequence)
  }

  /** To be taken before the catalog is asked. */
  mark(name: string): Mark {
    const index = indexOf(name)
    return {
      slot: Atomics.load(this.#words, slotsAt + index),
      trust: Atomics.load(this.#words, trustsAt + index),
    }
  }

  /** Whether nobody was shown anything newer since. */
  stillAt(name: string, { slot, trust }: Mark): boolean {
    const now = this.mark(name)
    return now.slot === slot && now.trust === trust
  }

  #isCurrent(epoch: string): boolean {
    this.#take(epoch)
    return Atomics.load(this.#words, 0) === this.#whole
  }

  /** An epoch is up to 16 hexadecimal digits. */
  #take(epoch: string): void {
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    const bits = BigInt.asUintN(64, BigInt(`0x${epoch}`))
    this.#whole = BigInt.asIntN(64, bits)
    this.#short = bits & 0xfffffn
  }
}

const sequenceMask = (1n << sequenceBits) - 1n

/** FNV-1a over the name's UTF-16 code units. */
function indexOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % slots
}
