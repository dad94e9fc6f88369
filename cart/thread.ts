/** A thread of the cart service: its routes over carts that the owner thread keeps. Nothing imports this file. */
import { realClock } from '../clock.ts'
import { runThread } from '../http/thread.ts'
import { answersOf } from '../http/thread-calls.ts'
import { createCartServer, type ServedCarts } from './server.ts'
import type { CartGiven, CartOwner } from './threads.ts'

runThread<CartGiven, CartOwner>(({ given, owner, ...thread }) => {
  const carts: ServedCarts = { runAll: async (ops) => answersOf(await owner.call('runAll', ops)) }
  return createCartServer({ carts, ...given, ...thread, clock: realClock })
})
