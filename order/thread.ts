/** A thread of the order service: its routes over orders that the owner thread keeps. Nothing imports this file. */
import { realClock } from '../clock.ts'
import { runThread } from '../http/thread.ts'
import { answersOf, toShared } from '../http/thread-calls.ts'
import { createOrderServer, type ServedCarts, type ServedDrafts, type ServedOrders } from './server.ts'
import type { OrderGiven, OrderOwner } from './threads.ts'

runThread<OrderGiven, OrderOwner>(({ given, owner, ...thread }) => {
  const orders: ServedOrders = {
    async placeAll(wanted, deadline) {
      return answersOf(await owner.call('placeAll', wanted, toShared(deadline, realClock)))
    },
    get: (number) => owner.call('get', number),
    list: (before, limit) => owner.call('list', before, limit),
  }
  const drafts: ServedDrafts = {
    async runAll(ops, deadline) {
      return answersOf(await owner.call('runDrafts', ops, toShared(deadline, realClock)))
    },
  }
  const carts: ServedCarts = {
    async placeAll(wanted, deadline) {
      return answersOf(await owner.call('placeCarts', wanted, toShared(deadline, realClock)))
    },
  }
  const notReady = () => owner.ask('notReady')
  return createOrderServer({ orders, drafts, carts, notReady, ...given, ...thread, clock: realClock })
})
