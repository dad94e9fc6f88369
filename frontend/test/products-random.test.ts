/**
 * One front end, its catalog and the stream between them, in random order: whatever is late, a reader is never shown
 * anything older than what somebody was shown, or had bought, before the reader asked.
 */
import fc from 'fast-check'
import t from 'tap'
import type { Change, Found, Position, Toy } from '../../catalog/client.ts'
import { runs } from '../../storage/test/seed.ts'
import { Products } from '../products.ts'

const names = ['Tux', 'Fox'] as const
type Name = (typeof names)[number]
const acts = [
  'read',
  'arrive',
  'answer',
  'tell',
  'sell',
  'remove',
  'buy',
  'bought',
  'repeat',
  'cut',
  'begin',
  'restart',
] as const
const weights: Partial<Record<(typeof acts)[number], number>> = {
  read: 16,
  arrive: 12,
  answer: 12,
  cut: 1,
  restart: 1,
  repeat: 2,
}

interface Query {
  name: Name
  /** What it read, when it has arrived. */
  found: Found | undefined
  resolve: (found: Found) => void
}

/** All of it in hand; `wrong` says what nobody may see. */
class World {
  readonly wrong: string[] = []
  memory = 0
  /** By name: which change of all was its last; its stock is that number. */
  readonly #versions: Record<Name, number> = { Tux: 0, Fox: 0 }
  /** By name: what readers from now on must be shown at least. */
  readonly #least: Record<Name, number> = { Tux: 0, Fox: 0 }
  /** By name: the changes that took the toy away. */
  readonly #removals: Record<Name, number[]> = { Tux: [], Fox: [] }
  #changes = 0
  #epoch = 1
  #sequence = 0
  #untold: Change[] | undefined
  #queries: Query[] = []
  #purchases: { name: Name; version: number; at: Position | undefined }[] = []
  readonly #products = new Products({
    namesMax: 2,
    query: (name) => new Promise((resolve) => this.#queries.push({ name: name as Name, found: undefined, resolve })),
  })

  act(act: (typeof acts)[number], name: Name, index: number): void {
    const take = <Value>(from: Value[]): Value | undefined => from.splice(index % Math.max(1, from.length), 1)[0]
    switch (act) {
      case 'read':
        this.#read(name)
        break
      case 'arrive': {
        const waiting = this.#queries.filter(({ found }) => found === undefined)
        const query = waiting[index % Math.max(1, waiting.length)]
        if (query !== undefined) query.found = { toy: this.#toy(query.name), at: this.#position() }
        break
      }
      case 'answer': {
        const query = take(this.#queries.filter(({ found }) => found !== undefined))
        if (query === undefined) break
        this.#queries = this.#queries.filter((one) => one !== query)
        query.resolve(query.found!)
        break
      }
      case 'tell': {
        const change = this.#untold?.shift()
        if (change !== undefined) this.#products.change(change)
        break
      }
      case 'sell':
        this.#change(name)
        break
      case 'remove':
        this.#change(name, true)
        break
      case 'buy':
        this.#change(name)
        this.#purchases.push({ name, version: this.#changes, at: this.#position() })
        break
      case 'repeat':
        this.#purchases.push({ name, version: this.#versions[name], at: undefined })
        break
      case 'bought': {
        const purchase = take(this.#purchases)
        if (purchase === undefined) break
        this.#products.seen(purchase.name, purchase.at)
        this.#shown(purchase.name, purchase.version)
        break
      }
      case 'cut':
        this.#cut()
        break
      case 'begin':
        if (this.#untold !== undefined) break
        this.#untold = []
        this.#products.begin(this.#position())
        break
      case 'restart':
        this.#cut()
        this.#epoch += 1
        this.#sequence = 0
    }
  }

  #cut(): void {
    if (this.#untold === undefined) return
    this.#untold = undefined
    this.#products.down()
  }

  #read(name: Name): void {
    const least = this.#least[name]
    const judge = (reply: unknown, from: string): void => {
      const { stock } = (JSON.parse((reply as { text: string }).text) as { data: Toy }).data
      if (stock < least) this.wrong.push(`${name}: ${stock} from ${from}, where ${least} was known`)
      this.#shown(name, stock)
    }
    const missing = (from: string): void => {
      const removal = this.#removals[name].find((version) => version >= least)
      if (removal === undefined) this.wrong.push(`${name}: not there from ${from}, where ${least} was known`)
      else this.#shown(name, removal)
    }
    let known: unknown
    let isMissing = false
    try {
      known = this.#products.known(name)
    } catch {
      isMissing = true
    }
    if (known === undefined && !isMissing) {
      const reply = this.#products.fetch(name, {})
      reply.then((found) => judge(found, 'the catalog')).catch(() => missing('the catalog'))
      return
    }
    this.memory += 1
    if (this.#untold === undefined) this.wrong.push(`${name} from memory, with no stream`)
    if (isMissing) missing('memory')
    else judge(known, 'memory')
  }

  #shown(name: Name, version: number): void {
    this.#least[name] = Math.max(this.#least[name], version)
  }

  #change(name: Name, removes = false): void {
    this.#changes += 1
    this.#sequence += 1
    this.#versions[name] = this.#changes
    if (removes) this.#removals[name].push(this.#changes)
    const toy = this.#toy(name)
    const sequence = this.#sequence
    this.#untold?.push(
      toy === undefined ? { sequence, changed: [], removed: [name] } : { sequence, changed: [toy], removed: [] },
    )
  }

  /** Undefined where the last change took it away. */
  #toy(name: Name): Toy | undefined {
    if (this.#removals[name].at(-1) === this.#versions[name]) return undefined
    return { name, price: 1, quantity: this.#versions[name], stock: this.#versions[name] }
  }

  #position(): Position {
    return { epoch: `e${this.#epoch}`, sequence: this.#sequence }
  }
}

const act = fc.tuple(
  fc.oneof(...acts.map((one) => ({ weight: weights[one] ?? 8, arbitrary: fc.constant(one) }))),
  fc.constantFrom(...names),
  fc.nat(9),
)

t.test('in no order of messages is anybody shown anything older than what was shown before', async (t) => {
  let memory = 0
  const property = fc.asyncProperty(fc.array(act, { minLength: 60, maxLength: 120 }), async (script) => {
    const world = new World()
    for (const step of script) {
      world.act(...step)
      for (let turns = 0; turns < 6; turns++) await undefined
    }
    memory += world.memory
    if (world.wrong.length > 0) throw new Error(world.wrong.join('; '))
  })
  await fc.assert(property, runs(2000))
  t.ok(memory > 1000, `${memory} reads from memory`)
})
