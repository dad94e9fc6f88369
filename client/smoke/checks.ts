/**
 * All checks, in the order in which they run. A new route gets its checks in a file of checks/, and a line here: where it is
 * missing, test/routes.test.ts fails. Always: a check stands behind those whose findings it takes.
 */
import type { Check } from './check.ts'
import { boughtCartChecks } from './checks/bought-carts.ts'
import { cartChecks } from './checks/carts.ts'
import { coursePaymentChecks } from './checks/course-payment.ts'
import { courseStockChecks } from './checks/course-stock.ts'
import { customerChecks } from './checks/customer.ts'
import { draftChecks } from './checks/drafts.ts'
import { live, ready } from './checks/health.ts'
import { keyChecks } from './checks/key.ts'
import { metrics } from './checks/metrics.ts'
import { movementChecks } from './checks/movements.ts'
import { newToyChecks } from './checks/new-toy.ts'
import { escapedName, head, oneToy } from './checks/one-toy.ts'
import { lastOrder } from './checks/order-list.ts'
import { orderChecks } from './checks/orders.ts'
import { ownerChecks } from './checks/owner.ts'
import { purchaseChecks } from './checks/purchase.ts'
import { refusalChecks } from './checks/refusals.ts'
import { allToys, toyPages } from './checks/toys.ts'
import { wrongPathChecks } from './checks/wrong-paths.ts'

export const checks: readonly Check[] = [
  live,
  ready,
  allToys,
  toyPages,
  oneToy,
  head,
  escapedName,
  lastOrder, // before the purchase, whose number must be above it
  ...purchaseChecks,
  ...keyChecks,
  ...orderChecks,
  ...refusalChecks,
  ...wrongPathChecks,
  ...cartChecks,
  ...movementChecks,
  metrics,
  ...ownerChecks,
  ...newToyChecks,
  ...customerChecks,
  ...courseStockChecks,
  ...coursePaymentChecks,
  ...draftChecks,
  ...boughtCartChecks,
]
