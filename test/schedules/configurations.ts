/**
 * The stores that are explored: who buys what, and how often each kind of trouble may come. The small ones are those of the
 * protocol's model and are explored exhaustively; the larger ones are explored at random.
 */
import type { Line } from '../../order/client.ts'

export interface Buyer {
  name: string
  key: string
  toy: string
  quantity: number
  /** What is bought beside it, in one purchase. */
  more?: readonly Line[]
  /** The customer who pays; nobody where there is none. */
  user?: string
  /** How often he asks. */
  asks: number
}

/** How often each thing may still happen. */
export interface Budget {
  orderCrashes: number
  participantCrashes: number
  /** A request arrives, and stays on its way. */
  doubles: number
  /** A caller waits no longer. */
  giveUps: number
  /** Of the log. */
  failedWrites: number
  failedSyncs: number
  /** A write or a sync of a participant's journal fails. */
  journalFailures: number
  /** A process dies at one of its next calls to the disk. */
  deaths: number
  lostIncarnations: number
  /** A second passes for the order service: it asks what is open where there is reason to. */
  beats: number
  /** More time than a purchase may take passes for the order service. */
  longWaits: number
  /** Time passes for a participant: its files catch up. */
  catchUps: number
  /** A toy costs something else from then on. */
  repricings: number
}

export interface Configuration {
  title: string
  /** By participant, by account: pieces of toys, and cents of customers. Each piece costs 10.00 at first. */
  stock: Readonly<Record<string, Readonly<Record<string, number>>>>
  buyers: readonly Buyer[]
  budget: Budget
  /** Buyers ask before every participant has been opened, too. */
  eager?: boolean
  /** Begins before the first `open`; else with a store that has opened. */
  firstStart?: boolean
  /** The sync of a new incarnation, too, is a choice. */
  holdsIncarnation?: boolean
  /**
   * Fewer choices, and no story less: who died starts at once (whoever could meet it dead could meet it later as well), and a
   * sync is done at once where no trouble is left that could tell it from one that is not.
   */
  fewer?: boolean
  /** So many kinds of power cut are told apart; 1: what is not synced is lost. */
  powerCuts: number
}

const none: Budget = {
  orderCrashes: 0,
  participantCrashes: 0,
  doubles: 0,
  giveUps: 0,
  failedWrites: 0,
  failedSyncs: 0,
  journalFailures: 0,
  deaths: 0,
  lostIncarnations: 0,
  beats: 0,
  longWaits: 0,
  catchUps: 0,
  repricings: 0,
}

const tux = (pieces: number) => ({ Tux: pieces })
const ann = (asks = 1): Buyer => ({ name: 'ann', key: 'k1', toy: 'Tux', quantity: 1, asks })
const bob = (asks = 1): Buyer => ({ name: 'bob', key: 'k2', toy: 'Tux', quantity: 1, asks })
/** Pays by credit. */
const pat = (asks = 1): Buyer => ({ name: 'pat', key: 'k7', toy: 'Tux', quantity: 1, user: 'pat', asks })

/** Explored to the end. */
export const small: readonly Configuration[] = [
  {
    title: 'two buyers, the last piece',
    stock: { catalog: tux(1) },
    buyers: [ann(), bob()],
    budget: { ...none, orderCrashes: 1, doubles: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'one buyer asks again, the catalog crashes',
    stock: { catalog: tux(2) },
    buyers: [ann(2)],
    budget: { ...none, orderCrashes: 1, participantCrashes: 1, giveUps: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'one buyer asks again, the order service crashes twice',
    stock: { catalog: tux(2) },
    buyers: [ann(2)],
    budget: { ...none, orderCrashes: 2, doubles: 1, giveUps: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'two participants, credit short',
    stock: { catalog: tux(1), payment: { pat: 999 } },
    buyers: [pat()],
    budget: { ...none, participantCrashes: 1, doubles: 1, giveUps: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'two participants, crashes',
    stock: { catalog: tux(1), payment: { pat: 1000 } },
    buyers: [pat()],
    budget: { ...none, orderCrashes: 1, participantCrashes: 1, giveUps: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'a write of the log fails',
    stock: { catalog: tux(2) },
    buyers: [ann(2)],
    budget: { ...none, orderCrashes: 1, failedWrites: 1, giveUps: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'a sync of the log fails',
    stock: { catalog: tux(2) },
    buyers: [ann(), bob()],
    budget: { ...none, orderCrashes: 1, failedSyncs: 1, giveUps: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'the journal of the catalog fails',
    stock: { catalog: tux(1) },
    buyers: [ann(), bob()],
    budget: { ...none, journalFailures: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'one buyer, the journal of the catalog fails',
    stock: { catalog: tux(1) },
    buyers: [ann()],
    budget: { ...none, journalFailures: 1 },
    powerCuts: 1,
  },
  {
    title: 'the incarnation is lost',
    stock: { catalog: tux(2) },
    buyers: [ann(), bob()],
    budget: { ...none, orderCrashes: 1, lostIncarnations: 1, beats: 2 },
    firstStart: true,
    eager: true,
    powerCuts: 1,
  },
  {
    title: 'callers give up, messages come late',
    stock: { catalog: tux(1) },
    buyers: [ann(2)],
    budget: { ...none, giveUps: 2, doubles: 1, beats: 2 },
    powerCuts: 1,
  },
  {
    title: 'one buyer asks again, both crash',
    stock: { catalog: tux(1) },
    buyers: [ann(2)],
    budget: { ...none, orderCrashes: 1, participantCrashes: 1, doubles: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'two buyers, the catalog crashes',
    stock: { catalog: tux(1) },
    buyers: [ann(), bob()],
    budget: { ...none, participantCrashes: 1, doubles: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'two buyers, both crash',
    stock: { catalog: tux(1) },
    buyers: [ann(), bob()],
    budget: { ...none, orderCrashes: 1, participantCrashes: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'from the first start, the order service crashes twice',
    stock: { catalog: tux(2) },
    buyers: [ann(), bob()],
    budget: { ...none, orderCrashes: 2, beats: 2 },
    firstStart: true,
    eager: true,
    powerCuts: 1,
  },
  {
    title: 'two participants, the incarnation is lost',
    stock: { catalog: tux(2), payment: { pat: 2000 } },
    buyers: [pat()],
    budget: { ...none, orderCrashes: 1, lostIncarnations: 1, beats: 2 },
    firstStart: true,
    eager: true,
    powerCuts: 1,
  },
  {
    title: 'a customer pays while the price changes',
    stock: { catalog: tux(1), payment: { pat: 2500 } },
    buyers: [pat(2)],
    budget: { ...none, repricings: 2, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'a customer pays while the price changes, crashes',
    stock: { catalog: tux(1), payment: { pat: 1100 } },
    buyers: [pat()],
    budget: { ...none, orderCrashes: 1, participantCrashes: 1, giveUps: 1, repricings: 1, beats: 1 },
    powerCuts: 1,
  },
  {
    title: 'one customer, credit for one of two purchases',
    stock: { catalog: tux(2), payment: { pat: 1500 } },
    buyers: [pat(), { ...pat(), name: 'pat again', key: 'k8' }],
    budget: { ...none, orderCrashes: 1, doubles: 1, beats: 1 },
    powerCuts: 1,
  },
]

const crowd: readonly Buyer[] = [
  { name: 'ann', key: 'k1', toy: 'Tux', quantity: 1, asks: 3 },
  { name: 'bob', key: 'k2', toy: 'Tux', quantity: 1, asks: 2 },
  { name: 'cid', key: 'k3', toy: 'Whale', quantity: 2, asks: 2 },
  { name: 'dot', key: 'k4', toy: 'Whale', quantity: 1, asks: 2 },
  { name: 'eve', key: 'k1', toy: 'Whale', quantity: 1, asks: 1 },
  { name: 'fay', key: 'k5', toy: 'Tux', quantity: 2, asks: 2 },
]

const foxes = (quantity: number): Line[] => [{ name: 'Fox', quantity }]

const all: Budget = {
  orderCrashes: 2,
  participantCrashes: 2,
  doubles: 3,
  giveUps: 4,
  failedWrites: 1,
  failedSyncs: 1,
  journalFailures: 1,
  deaths: 1,
  lostIncarnations: 1,
  beats: 6,
  longWaits: 1,
  catchUps: 2,
  repricings: 0,
}

/** Explored at random. */
export const large: readonly Configuration[] = [
  {
    title: 'one toy, two buyers, every trouble',
    stock: { catalog: tux(1) },
    buyers: [ann(2), bob(2)],
    budget: all,
    powerCuts: 20,
  },
  {
    title: 'one buyer asks again and again',
    stock: { catalog: tux(3) },
    buyers: [ann(5)],
    budget: all,
    powerCuts: 20,
  },
  {
    title: 'six buyers, two toys',
    stock: { catalog: { Tux: 2, Whale: 2 } },
    buyers: crowd,
    budget: all,
    powerCuts: 20,
  },
  {
    title: 'several items in one reservation',
    stock: { catalog: { Tux: 2, Whale: 1, Fox: 3 } },
    buyers: crowd.slice(0, 4).map((buyer) => ({ ...buyer, more: foxes(buyer.toy === 'Tux' ? 2 : 1) })),
    budget: all,
    powerCuts: 20,
  },
  {
    title: 'two participants, every trouble',
    stock: { catalog: tux(2), payment: { pat: 1900 } },
    buyers: [pat(3), { ...pat(2), name: 'pat again', key: 'k8' }, bob(1)],
    budget: { ...all, participantCrashes: 3 },
    powerCuts: 20,
  },
  {
    title: 'customers pay for several toys whose prices change',
    stock: { catalog: { Tux: 3, Whale: 1, Fox: 4 }, payment: { pat: 6000, quin: 2500 } },
    buyers: [
      { ...pat(3), more: foxes(2) },
      { ...pat(2), key: 'k8', toy: 'Whale', more: foxes(1) },
      { name: 'quin', key: 'k9', toy: 'Tux', quantity: 2, user: 'quin', asks: 2 },
      { name: 'ray', key: 'k9', toy: 'Tux', quantity: 2, user: 'ray', asks: 1 },
      bob(2),
    ],
    budget: { ...all, participantCrashes: 3, repricings: 4 },
    powerCuts: 20,
  },
  {
    title: 'prices change all the time',
    stock: { catalog: { Tux: 3, Fox: 2 }, payment: { pat: 9000 } },
    buyers: [pat(3), { ...pat(2), key: 'k8', more: foxes(1) }],
    budget: { ...none, repricings: 9, giveUps: 1, doubles: 1, beats: 3, orderCrashes: 1 },
    powerCuts: 1,
  },
  {
    title: 'from the first start, incarnations lost',
    stock: { catalog: tux(2) },
    buyers: [ann(3), bob(2)],
    budget: { ...all, orderCrashes: 3, lostIncarnations: 2, participantCrashes: 1 },
    firstStart: true,
    eager: true,
    holdsIncarnation: true,
    powerCuts: 20,
  },
  {
    title: 'the disk of the catalog refuses again and again',
    stock: { catalog: tux(2) },
    buyers: [ann(2), bob(2)],
    budget: { ...none, journalFailures: 4, giveUps: 1, beats: 4, orderCrashes: 1 },
    powerCuts: 20,
  },
  {
    title: 'messages alone',
    stock: { catalog: tux(1) },
    buyers: [ann(2), bob(2)],
    budget: { ...none, doubles: 4, giveUps: 4, beats: 6 },
    powerCuts: 1,
  },
]

/** By title. */
export const configurations: ReadonlyMap<string, Configuration> = new Map(
  [...small, ...large].map((configuration) => [configuration.title, configuration]),
)
