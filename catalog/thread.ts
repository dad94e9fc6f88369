/** A thread of the catalog: its routes over a ledger that the owner thread keeps. Nothing imports this file. */
import { realClock } from '../clock.ts'
import { runThread } from '../http/thread.ts'
import { ledgerOf } from '../ledger-service/far-ledger.ts'
import { changesOf } from './far-changes.ts'
import { createCatalogServer } from './server.ts'
import type { CatalogGiven, CatalogOwner } from './threads.ts'

runThread<CatalogGiven, CatalogOwner>(({ given, owner, ...thread }) => {
  const ledger = ledgerOf(owner)
  const { changes, hears } = changesOf(owner, ledger, given.epoch)
  const { listen, close } = createCatalogServer({ ledger, changes, ...given, ...thread, clock: realClock })
  return { listen, close, hears }
})
