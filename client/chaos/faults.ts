/** Which faults a run makes, in which order and after which pauses: all from the seed, whatever the store does. */
import { type Random, seededRandom } from '../load/plan.ts'

export const services = ['catalog', 'payment', 'cart', 'order', 'frontend'] as const
export type ServiceName = (typeof services)[number]

const victims = { kill: [...services, 'all'], pause: services, cut: services } as const
export type FaultKind = keyof typeof victims
export const faultKinds = Object.keys(victims) as FaultKind[]

export type Fault = { /** From the recovery of the fault before. */ gapMs: number } & (
  | { kind: 'kill'; victim: ServiceName | 'all' }
  | { kind: 'pause' | 'cut'; victim: ServiceName /** How long it lasts. */; ms: number }
)

/** A pause that is longer than any call between services may take (2 s) would only be an outage. */
const pauseMs = { least: 200, most: 2000 }
const cutMs = { least: 50, most: 1000 }
/** Stands for the session where the load has those of its clients. */
const faultsSession = 0x40000002

export interface FaultsAsked {
  count: number
  kinds: readonly FaultKind[]
  /** The mean gap between two faults; the gaps are those of a Poisson process, so that no rhythm of the store can hide. */
  everyMs: number
  seed: number
}

/** Kinds, and the victims of each, are dealt like cards: a short run has met each of them too. */
export function faultsOf({ count, kinds, everyMs, seed }: FaultsAsked): Fault[] {
  const random = seededRandom(seed, faultsSession)
  const nextKind = dealer(kinds, random)
  const nextVictim = {
    kill: dealer(victims.kill, random),
    pause: dealer(victims.pause, random),
    cut: dealer(victims.cut, random),
  }
  return Array.from({ length: count }, () => {
    const gapMs = Math.round(-Math.log(1 - random()) * everyMs)
    const kind = nextKind()
    if (kind === 'kill') return { gapMs, kind, victim: nextVictim.kill() }
    const { least, most } = kind === 'pause' ? pauseMs : cutMs
    return { gapMs, kind, victim: nextVictim[kind](), ms: Math.round(least + random() * (most - least)) }
  })
}

/** Each word once in a random order, then each once again. */
function dealer<Word>(words: readonly Word[], random: Random): () => Word {
  let left: Word[] = []
  return () => {
    if (left.length === 0) left = [...words]
    return left.splice(Math.floor(random() * left.length), 1)[0]!
  }
}
