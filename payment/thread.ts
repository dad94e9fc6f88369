/** A thread of payment: its routes over a ledger that the owner thread keeps. Nothing imports this file. */
import { realClock } from '../clock.ts'
import { runThread } from '../http/thread.ts'
import { type LedgerOwner, ledgerOf } from '../ledger-service/far-ledger.ts'
import { createPaymentServer } from './server.ts'
import type { PaymentGiven } from './threads.ts'

runThread<PaymentGiven, LedgerOwner>(({ given, owner, ...thread }) =>
  createPaymentServer({ ledger: ledgerOf(owner), ...given, ...thread, clock: realClock }),
)
