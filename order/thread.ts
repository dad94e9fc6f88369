/** A thread of the order service: its routes over orders that the owner thread keeps. Nothing imports this file. */
import { realClock } from '../clock.ts'
import { runThread } from '../http/thread.ts'
import { toShared } from '../http/thread-calls.ts'
import { createOrderServer, type ServedOrders } from './server.ts'
import type { OrderGiven, OrderOwner } from './threads.ts'

runThread<OrderGiven, OrderOwner>(({ given, owner, ...thread }) => {
  const orders: ServedOrders = {
    place: (purchase, key, deadline) => owner.call('place', purchase, key, toShared(deadline, realClock)),
    get: (number) => owner.call('get', number),
    list: (before, limit) => owner.call('list', before, limit),
  }
  const notReady = () => owner.ask('notReady')
  return createOrderServer({ orders, notReady, ...given, ...thread, clock: realClock })
})
