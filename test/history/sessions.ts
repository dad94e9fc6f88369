/**
 * Customers who never stop: they buy, two of them with one key at the same time, ask again with an old key, look at toys and
 * read orders. Always: a purchase whose outcome is unknown is asked for again with its key, until there is an answer.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Buy, Call } from './record.ts'
import type { Recorder } from './recorder.ts'

/** Of a fault, never passed by a store that runs. */
const patienceMs = 60_000
const remembered = 500

export class Sessions {
  /** What they look at and buy now. */
  toys: readonly string[] = []
  readonly #recorder: Recorder
  readonly #random: () => number
  readonly #recent: Buy[] = []
  #lastKey = 0
  #lastNumber = 0

  constructor(recorder: Recorder, random: () => number) {
    this.#recorder = recorder
    this.#random = random
  }

  /** Goes on while `going` says so; resolves when the last purchase has an answer. */
  async run(session: number, going: () => boolean): Promise<void> {
    while (going()) {
      const choice = this.#random()
      if (choice < 0.5) await this.#look(session)
      else if (choice < 0.7) await this.#read(session)
      else if (choice < 0.93) await this.#buy(session, this.#newPurchase())
      else if (choice < 0.96) await this.#buyTwice(session)
      else await this.#repeat(session)
    }
  }

  /** A look at each toy, one after the other. */
  async lookAtAll(session: number): Promise<void> {
    for (const toy of this.toys) await this.#recorder.call(session, { kind: 'product', toy })
  }

  async #look(session: number): Promise<void> {
    const toy =
      this.#below(200) > 0 || this.#recent.length === 0 ? this.#oneOf(this.toys) : this.#oneOf(this.#recent).toy
    await this.#rest(await this.#recorder.call(session, { kind: 'product', toy }))
  }

  /** An order that was just bought, any older one, or one that may not be there yet. */
  async #read(session: number): Promise<void> {
    const last = this.#lastNumber
    const choice = this.#below(10)
    const number = choice < 4 ? last - this.#below(10) : choice < 8 ? last + 1 + this.#below(4) : 1 + this.#below(last)
    await this.#rest(await this.#recorder.call(session, { kind: 'order', number: Math.max(1, number) }))
  }

  /** Until it is bought or refused; where nothing happened for certain, now and then not again. */
  async #buy(session: number, asked: Buy): Promise<void> {
    const giveUpAt = performance.now() + patienceMs
    let known = true
    while (performance.now() < giveUpAt) {
      if (this.#recorder.wrong.length > 0) return
      const call = await this.#recorder.call(session, asked)
      const { kind } = call.answer
      if (kind === 'bought') this.#lastNumber = Math.max(this.#lastNumber, (call.answer as { number: number }).number)
      if (kind === 'bought' || kind === 'refused') return
      if (kind === 'unknown') known = false
      await this.#rest(call)
      if (known && this.#below(4) === 0) return
    }
    throw new Error(`key ${asked.key} had no answer within ${patienceMs} ms`)
  }

  async #buyTwice(session: number): Promise<void> {
    const asked = this.#newPurchase()
    const second = pause(this.#below(2) * this.#random() * 30).then(() => this.#buy(session, asked))
    await Promise.all([this.#buy(session, asked), second])
  }

  /** An old key again, now and then with another purchase. */
  async #repeat(session: number): Promise<void> {
    if (this.#recent.length === 0) return
    const old = this.#oneOf(this.#recent)
    const asked = this.#below(4) === 0 ? { ...old, quantity: old.quantity + 1 } : old
    await this.#buy(session, asked)
  }

  #newPurchase(): Buy {
    const asked: Buy = {
      kind: 'buy',
      key: `key-${++this.#lastKey}`,
      toy: this.#oneOf(this.toys),
      quantity: 1 + this.#below(3),
    }
    this.#recent[this.#recent.length < remembered ? this.#recent.length : this.#below(remembered)] = asked
    return asked
  }

  /** A moment's rest where the store did not answer, as anyone would take. */
  async #rest({ answer: { kind } }: Call): Promise<void> {
    if (kind === 'unavailable' || kind === 'unknown' || kind === 'unsent') await pause(20 + this.#random() * 60)
  }

  #below(most: number): number {
    return Math.floor(this.#random() * most)
  }

  #oneOf<Value>(values: readonly Value[]): Value {
    return values[this.#below(values.length)]!
  }
}
