/** The grammar: which requests there are and how often each. */
import * as carts from './carts.ts'
import { chooseAt } from './choose.ts'
import * as clients from './hostile-clients.ts'
import * as framing from './hostile-framing.ts'
import { headFault } from './hostile-heads.ts'
import { mutant } from './hostile-mutants.ts'
import * as bodies from './near-bodies.ts'
import * as targets from './near-targets.ts'
import * as purchases from './purchases.ts'
import * as reads from './reads.ts'
import type { FuzzRequest, Place } from './request.ts'

type Rule = (place: Place) => FuzzRequest

const rules: readonly (readonly [weight: number, rule: Rule])[] = [
  [1600, purchases.buy],
  [300, purchases.buyAgain],
  [200, purchases.buyUnknown],
  [40, purchases.buyAfterContinue],
  [1000, reads.product],
  [200, reads.unknownProduct],
  [150, reads.products],
  [500, reads.order],
  [200, reads.owned],
  [200, reads.health],
  [150, reads.head],
  [300, carts.add],
  [50, carts.bodiless],
  [100, carts.change],
  [100, carts.remove],
  [200, carts.look],
  [50, carts.checkOut],
  [200, carts.wrongCount],
  [200, carts.wrongBody],
  [100, carts.wrongPath],
  [500, bodies.quantity],
  [500, bodies.name],
  [500, bodies.fields],
  [500, bodies.json],
  [400, bodies.key],
  [200, bodies.type],
  [20, bodies.size],
  [100, bodies.bodiless],
  [200, targets.product],
  [200, targets.order],
  [300, targets.query],
  [100, targets.oddQuery],
  [200, targets.badEscape],
  [200, targets.path],
  [100, targets.traversal],
  [200, targets.method],
  [50, targets.uri],
  [100, targets.form],
  [200, framing.lengths],
  [150, framing.chunksBroken],
  [200, framing.lines],
  [100, framing.noise],
  [40, framing.headers],
  [1, framing.stall],
  [200, clients.leave],
  [20, clients.burst],
  [100, clients.mixture],
  [150, clients.odd],
  [30, clients.lateKey],
  [80, clients.upgrade],
  [300, headFault],
  [600, mutant],
]
const all = rules.reduce((sum, [weight]) => sum + weight, 0)

/** The request at this place of a run. */
export function requestAt(seed: number, index: number): FuzzRequest {
  const choose = chooseAt(seed, index)
  let left = choose.below(all)
  for (const [weight, rule] of rules) {
    left -= weight
    if (left < 0) return rule({ seed, index, choose })
  }
  throw new Error('unreachable: the weights add up to all')
}

/** So many requests are taken by a session at once: those that keep the connection go out together. */
export const batchSize = 8

/**
 * The requests of a batch, in groups that share a connection. A broken request, or one whose client leaves, takes the answers
 * before it along, so it has a group of its own (hostile-clients.ts mixes on purpose); one that does not keep the connection is a group's last.
 */
export function groupsOf(seed: number, indices: readonly number[]): { index: number; request: FuzzRequest }[][] {
  const groups: { index: number; request: FuzzRequest }[][] = []
  let open = false
  for (const index of indices) {
    const request = requestAt(seed, index)
    if (!open || request.alone) groups.push([])
    groups.at(-1)!.push({ index, request })
    open = request.after === 'keep'
  }
  return groups
}
