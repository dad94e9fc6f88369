/**
 * The map on tables as the conformance suite takes it: every stage has partitions of its own in one table; requests get lost,
 * are done late, twice as far as anybody knows, or not at all; a process ends as its last request does.
 */
import { StoreError } from '../../../errors.ts'
import type { KeyedMap } from '../../map.ts'
import type { Crash, Engine, Fault, Process, Stage } from '../../test/conformance/engine.ts'
import { HandClock } from '../../test/hand-clock.ts'
import { TableMap } from '../table-map.ts'
import { cartFormat } from './harness.ts'
import { Wire, type WireFault } from './wire.ts'

let stages = 0

export const overTables = (name: string, connectionString: string, table: string): Engine<KeyedMap<string>> => ({
  name,
  crashes: ['kill'],
  faults: ['cut', 'cut-after', 'failed', 'failed-after', 'throttled', 'silent', 'late', 'kill', 'kill-after'],
  patienceMs: 20_000,
  async stage(): Promise<Stage<KeyedMap<string>>> {
    const partition = `Stage${++stages}n`
    return {
      start: (fault) => new TableProcess(connectionString, table, partition, fault),
      pass: undefined,
      now: Date.now,
      end: async () => {}, // the table goes as a whole
    }
  },
})

/** Its clock goes four times as fast as the real one, and hurries while it can only wait. */
class TableProcess implements Process<KeyedMap<string>> {
  readonly opened: Promise<KeyedMap<string>>
  readonly #wire: Wire
  readonly #fault: Fault | undefined
  readonly #clock = new HandClock()
  readonly #timer: NodeJS.Timeout
  /** Has said of a change that nobody knows: each such change doubles what may be, so it is not asked for long. */
  givenUp = false

  constructor(connectionString: string, table: string, partition: string, fault: Fault | undefined) {
    this.#fault = fault
    this.#wire = new Wire((_, number) => {
      const isStruck = fault !== undefined && (fault.lasting ? number >= fault.at : number === fault.at)
      return isStruck ? (fault.kind as WireFault) : undefined
    })
    this.#timer = setInterval(() => this.#clock.jump(this.refusing || this.#wire.hanging > 0 ? 240 : 8), 2)
    const opening = TableMap.open<string>({
      connectionString,
      table,
      partition,
      shards: 3,
      format: cartFormat,
      clock: this.#clock,
      note: () => {},
      callMs: 12_000,
      client: this.#wire.client,
    })
    this.opened = opening.then((map) => this.#watched(map))
  }

  get ended(): boolean {
    return this.#wire.dead
  }

  get struck(): boolean {
    return this.#wire.struck
  }

  get refusing(): boolean {
    return this.#fault?.lasting === true && this.struck
  }

  #watched(map: KeyedMap<string>): KeyedMap<string> {
    const watch = (error: unknown): never => {
      if (error instanceof StoreError && error.code === 'outcome_unknown') {
        this.givenUp = true
        if (this.refusing) this.#wire.die()
      }
      throw error
    }
    return {
      get: (key) => map.get(key),
      update: (key, change) => map.update(key, change).catch(watch),
      delete: (key) => map.delete(key).catch(watch),
      entries: () => map.entries(),
      close: () => map.close(),
    }
  }

  async crash(_: Crash): Promise<void> {
    clearInterval(this.#timer)
    await this.#wire.cut()
  }
}
