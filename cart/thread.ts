/** A thread of the cart service: its routes over carts that the owner thread keeps. Nothing imports this file. */
import { realClock } from '../clock.ts'
import { runThread } from '../http/thread.ts'
import { errorOf } from '../http/thread-calls.ts'
import { createCartServer, type ServedCarts } from './server.ts'
import type { CartGiven, CartOwner } from './threads.ts'

runThread<CartGiven, CartOwner>(({ given, owner, ...thread }) => {
  const carts: ServedCarts = {
    async runAll(ops) {
      const all = await owner.call('runAll', ops)
      return all.map((one) => ('fault' in one ? errorOf(one.fault) : one.answer))
    },
  }
  return createCartServer({ carts, ...given, ...thread, clock: realClock })
})
