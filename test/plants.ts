/** The rules of the purchase, each with the one line that keeps it, what is left when it is taken out, and who must notice. */

export interface Plant {
  rule: string
  file: string
  from: string
  to: string
  /** A second place in the same file. */
  and?: { from: string; to: string }
  tests: readonly string[]
  /** The kinds of trials of the sweep that see it missing, where all would take long. */
  trials?: readonly string[]
  /** Why no schedule of test/schedules.ts, or no trial of the sweep, can go wrong without it. */
  unseen?: string
}

const protocol = ['order/test/coordinator.test.ts']
const rule = protocol
const customers = ['order/test/customers.test.ts', 'order/test/customers-crash.test.ts']
const keyed = ['ledger/test/rule.test.ts']
const noKeys = 'in the stores explored nobody puts credit in under a key'
const ledgerEngine = ['storage/csv/test/ledger-engine.test.ts']
const appendFile = ['storage/csv/test/append-file.test.ts']

export const plants: readonly Plant[] = [
  {
    rule: 'fence-refuses-late-reserves',
    file: 'ledger/rule.ts',
    from: "if (state.belowFence(id)) return [{ outcome: 'stale', fence: state.fence }]",
    to: '',
    tests: rule,
  },
  {
    rule: 'decided-ids-remembered',
    file: 'storage/ledger-state.ts',
    from: 'if (!this.belowFence(fact.id)) this.#decided.set(fact.id, fact.decision)',
    to: '',
    tests: protocol,
  },
  {
    rule: 'void-leaves-a-mark',
    file: 'ledger/rule.ts',
    from: "  return [{ outcome: 'done' }, { fact: 'decided', id, decision: 'voided' }]\n}",
    to: "  return [{ outcome: 'done' }]\n}",
    tests: protocol,
  },
  {
    rule: 'reserve-idempotent',
    file: 'ledger/rule.ts',
    from: "if (open !== undefined) return [{ outcome: 'held', items: open.items }]",
    to: '',
    tests: rule,
  },
  {
    rule: 'answer-after-sync',
    file: 'storage/csv/ledger-engine.ts',
    from: 'await this.#segments.journal.append(bytes)',
    to: 'void this.#segments.journal.append(bytes).catch(() => {})',
    tests: ledgerEngine,
  },
  {
    rule: 'publish-after-sync',
    file: 'storage/csv/ledger-engine.ts',
    from: 'await this.#segments.journal.append(bytes)',
    to: 'this.#publish(changes)\n        await this.#segments.journal.append(bytes)',
    tests: ledgerEngine,
  },
  {
    rule: 'repeat-after-sync',
    file: 'storage/csv/ledger-engine.ts',
    from: 'await this.#segments.journal.append(bytes)',
    to: 'this.#publish(changes)\n        await this.#segments.journal.append(bytes)',
    and: {
      from: 'return this.#queue.submit(commands)',
      to: `const tried = this.#options.rule(this.#state, commands, 0)
    return tried.changes.every(({ length }) => length === 0) ? Promise.resolve(tried.outcomes) : this.#queue.submit(commands)`,
    },
    tests: ledgerEngine,
  },
  {
    rule: 'commit-before-confirm',
    file: 'order/coordinator.ts',
    from: '    const rows = await commit(',
    to: "    for (const side of this.#sides.values()) void side.settle(commandsOf('confirm', side, held))\n    const rows = await commit(",
    tests: protocol,
  },
  {
    rule: 'reply-after-sync',
    file: 'storage/csv/log-engine.ts',
    from: 'await this.#file.append(Buffer.from(text))',
    to: 'void this.#file.append(Buffer.from(text)).catch(() => {})',
    tests: ['storage/csv/test/log-engine.test.ts'],
  },
  {
    rule: 'incarnation-rises',
    file: 'order/incarnations.ts',
    from: 'const next = Math.max(file.last, above) + 1',
    to: 'const next = Math.max(1, above)',
    tests: ['order/test/incarnations.test.ts'],
  },
  {
    rule: 'incarnation-synced-before-use',
    file: 'order/number-file.ts',
    from: 'await replaceFile(files, folder, name,',
    to: 'void laterReplaced(files, folder, name,',
    and: {
      from: 'const format = 1\n',
      to: 'const format = 1\nconst laterReplaced: typeof replaceFile = (...all) => replaceFile(...all).catch(() => {})\n',
    },
    tests: ['order/test/incarnations.test.ts'],
    unseen: 'the first open, which every participant of a purchase is asked, finds a lost incarnation too',
  },
  {
    rule: 'own-id-per-attempt',
    file: 'order/coordinator.ts',
    from: 'const seq = ++this.#seq',
    to: 'const seq = 1\n        this.#seq = 1',
    tests: protocol,
  },
  {
    rule: 'void-the-refuser-too',
    file: 'order/coordinator.ts',
    from: "commandsOf('void', side, attempts)",
    to: "commandsOf('void', side, attempts.filter(({ sides, answers }) => 'items' in answers[sides.indexOf(side)]!))",
    tests: protocol,
  },
  {
    rule: 'voids-before-refusal',
    file: 'order/coordinator.ts',
    from: 'await Promise.all([...this.#sides.values()].map(settle))',
    to: 'void Promise.all([...this.#sides.values()].map(settle))',
    tests: protocol,
  },
  {
    rule: 'truncate-before-abort',
    file: 'storage/csv/append-file.ts',
    from: '      await this.#file.truncate(this.#length)\n      await this.#file.sync()\n',
    to: '',
    tests: appendFile,
  },
  {
    rule: 'tail-synced-at-start',
    file: 'storage/csv/tail.ts',
    from: '  if (bytes.length > 0) await file.write(bytes, from)\n  await file.sync()\n',
    to: '',
    tests: ['storage/csv/test/log-start.test.ts'],
  },
  {
    rule: 'fence-below-undecided',
    file: 'order/coordinator.ts',
    from: 'return attemptId(this.#incarnation, lowest ?? this.#seq + 1)',
    to: 'void lowest\n    return attemptId(this.#incarnation, this.#seq + 1)',
    tests: protocol,
  },
  {
    rule: 'open-lists-with-the-fence',
    file: 'ledger/rule.ts',
    from: 'return raised ? [outcome, {',
    to: 'return raised && stillOpen.length === 0 ? [outcome, {',
    tests: rule,
  },
  {
    rule: 'settle-by-the-log',
    file: 'order/coordinator.ts',
    from: "op: ordered.has(id) ? ('confirm' as const) : ('void' as const)",
    to: "op: 'void' as const",
    tests: protocol,
  },
  {
    rule: 'one-attempt-per-key',
    file: 'order/order.ts',
    from: 'const running = this.#inFlight.get(purchase.key)',
    to: 'const running = this.#inFlight.get(String(deadline))',
    and: { from: 'const isFresh = this.#inFlight.get(key) === undefined &&', to: 'const isFresh =' },
    tests: protocol,
  },
  {
    rule: 'a known key is answered from the log',
    file: 'order/order.ts',
    from: 'if (known !== undefined) {',
    to: 'if (known !== undefined && Number.isNaN(deadline)) {',
    tests: protocol,
  },
  {
    rule: 'no reserve before the first open',
    file: 'order/coordinator.ts',
    from: 'this.#renewing || !side.opened || side.down',
    to: 'this.#renewing || side.down',
    tests: protocol,
  },
  {
    rule: 'the first open is checked against the fence',
    file: 'ledger/rule.ts',
    from: 'if (first && parseAttemptId(fence).incarnation <= known.incarnation) return',
    to: 'if (first && parseAttemptId(fence).incarnation < 0 * known.incarnation) return',
    tests: protocol,
  },
  {
    rule: 'a reservation carries the last synced number',
    file: 'order/coordinator.ts',
    from: 'const after = this.#options.log.lastNumber',
    to: 'const after = this.#options.log.lastNumber + 1',
    tests: protocol,
  },
  {
    rule: 'a confirmation is unsettled until acknowledged',
    file: 'order/coordinator.ts',
    from: '    this.#decide(bought)\n',
    to: '    for (const { seq } of bought) this.#undecided.delete(seq)\n',
    tests: protocol,
  },
  {
    rule: 'nothing is given back after a failed sync',
    file: 'order/coordinator.ts',
    from: "if (row instanceof StoreError && row.code === 'unavailable') unwritten",
    to: 'if (row instanceof StoreError) unwritten',
    tests: protocol,
  },
  {
    rule: 'a failed sync is never tried again',
    file: 'storage/csv/append-file.ts',
    from: "if (this.#givenUp) throw new StoreError('outcome_unknown', 'the store is restarting after a failed write')",
    to: '',
    tests: appendFile,
  },
  {
    rule: 'a participant known to be down refuses before anything is reserved',
    file: 'order/coordinator.ts',
    from: '!side.opened || side.down)',
    to: '!side.opened)',
    tests: protocol,
    unseen: 'it spares a buyer the wait; what would be reserved is given back all the same',
  },
  {
    rule: 'work past its deadline is not begun',
    file: 'order/coordinator.ts',
    from: 'const late = this.#options.clock.elapsed() > deadline',
    to: 'const late = Number.isNaN(deadline)',
    tests: protocol,
    unseen: 'a late purchase is a purchase like any other; only its buyer has gone',
  },
  {
    rule: 'a rival is noticed',
    file: 'order/coordinator.ts',
    from: "if (answer.outcome === 'stale') this.#checkRival(name, answer.fence)",
    to: '',
    tests: protocol,
    unseen: 'the stores explored have one order service each',
  },
  {
    rule: 'what is held costs what was taken from the credit',
    file: 'order/order.ts',
    from: 'prices === undefined ? cost !== credit[0]!.amount',
    to: 'prices === undefined ? cost < 0',
    tests: customers,
  },
  {
    rule: 'a refusal voids at the other participant too',
    file: 'order/coordinator.ts',
    from: "commandsOf('void', side, attempts)",
    to: "commandsOf('void', side, attempts.filter(({ sides, answers }) => !('items' in answers[sides.indexOf(side)]!)))",
    tests: customers,
  },
  {
    rule: 'another price gives back before it is tried again',
    file: 'order/coordinator.ts',
    from: 'if (row instanceof NotWanted) unwritten.push([attempt, row.why])',
    to: 'if (row instanceof NotWanted) results[attempt.index] = row.why',
    tests: customers,
  },
  {
    rule: 'who pays is part of the purchase that a key stands for',
    file: 'order/purchase.ts',
    from: 'if (items.length === 1 && user === undefined) return',
    to: 'if (items.length === 1) return',
    tests: customers,
  },
  {
    rule: 'a keyed change is made once',
    file: 'ledger/rule.ts',
    from: 'if (known === undefined || known.undone) return keep(',
    to: 'if (known === undefined || known.change === change) return keep(',
    tests: keyed,
    unseen: noKeys,
  },
  {
    rule: 'a change is taken back once',
    file: 'ledger/rule.ts',
    from: "if (known.undone) return [{ outcome: 'refused', reason: 'voided', accounts: [account] }]",
    to: '',
    tests: keyed,
    unseen: noKeys,
  },
  {
    rule: 'what is new is not there yet',
    file: 'ledger/rule.ts',
    from: 'if (isNew && state.account(account) !== undefined)',
    to: 'if (isNew && balance < 0)',
    tests: keyed,
    unseen: 'nobody makes a toy or a customer in the stores explored',
  },
]
