/** What makes the files survive, each with the one line that keeps it and what is left when it is taken out: the sweep finds it. */
import type { Plant } from './plants.ts'

const appendFile = 'storage/csv/append-file.ts'
const segments = 'storage/csv/segments.ts'
const start = 'storage/csv/ledger-start.ts'
const cart = 'cart/cart.ts'
const orderCarts = 'order/carts.ts'

const rules: readonly Omit<Plant, 'tests'>[] = [
  {
    rule: 'a batch is synced before it is acknowledged',
    file: appendFile,
    from: '    try {\n      await this.#file.sync()\n',
    to: '    try {\n',
  },
  {
    rule: 'a failed write is cut back',
    file: appendFile,
    from: '      await this.#file.truncate(this.#length)\n      await this.#file.sync()\n    } catch (error) {\n      this.#givenUp',
    to: '    } catch (error) {\n      this.#givenUp',
  },
  {
    rule: 'a failed sync gives the file up',
    file: appendFile,
    from: 'try {\n      await this.#file.sync()\n    } catch (error) {\n',
    to: "try {\n      await this.#file.sync()\n    } catch (error) {\n      if (error) throw new StoreError('outcome_unknown', 'ask again')\n",
  },
  {
    rule: 'a cut that fails leaves no answer',
    file: appendFile,
    from: '{ cause: [why, error] }), {\n        silent: true,',
    to: '{ cause: [why, error] }), {\n        silent: false,',
  },
  {
    rule: 'a segment that could not be made is removed',
    file: appendFile,
    from: '        await files.remove(path) // even where it could not be opened: it may have come to be\n',
    to: '',
  },
  {
    rule: 'a new segment has its name synced',
    file: appendFile,
    from: '      await files.syncFolder(folder)\n    } catch (error) {\n      await file?.close()',
    to: '    } catch (error) {\n      await file?.close()',
  },
  {
    rule: 'a whole file is synced before it gets its name',
    file: 'storage/file-system.ts',
    from: '      await file.sync()\n    } finally',
    to: '    } finally',
  },
  {
    rule: 'a renamed file has its name synced',
    file: 'storage/file-system.ts',
    from: '  await files.syncFolder(folder)\n}',
    to: '}',
  },
  {
    rule: 'a new data folder has its name synced',
    file: 'storage/csv/open-folder.ts',
    from: 'made.length >= first.length; made',
    to: 'made.length > 1000; made',
  },
  {
    rule: 'what was torn is cut off',
    file: 'storage/csv/tail.ts',
    from: '    await file.truncate(at)\n',
    to: '',
  },
  {
    rule: 'a tail is written and synced again before the log serves',
    file: 'storage/csv/tail.ts',
    from: '  if (bytes.length > 0) await file.write(bytes, from)\n  await file.sync()\n',
    to: '',
    trials: ['no-cut-sync'],
  },
  {
    rule: 'a tail that is read differently twice is not made to last',
    file: 'storage/csv/tail.ts',
    from: "  if (!again.equals(bytes)) throw new Error('the same bytes were read differently twice: the disk or the memory fails')\n",
    to: '',
  },
  {
    rule: 'a new segment carries over what is reserved and decided',
    file: segments,
    from: 'Buffer.from(head + carriedOver(state))',
    to: 'Buffer.from(head)',
  },
  {
    rule: 'movements are in their file before the segment that holds them may go',
    file: segments,
    from: '    await movements.flush()\n',
    to: '',
  },
  {
    rule: 'older segments go only when the base has come',
    file: segments,
    from: '      await replaceFile(files, folder, baseName(segment), sealPieces(keeping(formatPieces(columns, accounts), pieces)))\n',
    to: "    for (const old of numbered(await files.list(folder), 'journal'))\n      if (old < segment) await files.remove([folder, segmentName(old)].join('/'))\n      await replaceFile(files, folder, baseName(segment), sealPieces(keeping(formatPieces(columns, accounts), pieces)))\n",
  },
  {
    rule: 'no segment follows a line of unknown outcome',
    file: segments,
    from: '    this.#journal.checkUsable() //',
    to: '    //',
  },
  {
    rule: 'the base is written last at a first start',
    file: start,
    from: '  await replaceFile(files, folder, segmentName(1), Buffer.from(journal))\n  const bytes = formatAccounts(columns, state)\n',
    to: '  const bytes = formatAccounts(columns, state)\n  await replaceFile(files, folder, baseName(1), sealBase(bytes))\n  await replaceFile(files, folder, segmentName(1), Buffer.from(journal))\n',
  },
  {
    rule: 'a changed digit in a base stops the start',
    file: 'storage/csv/base.ts',
    from: '  if (unsealed.right === false) throw damagedBase(path)\n',
    to: '',
    trials: ['bit-flip'],
  },
  {
    rule: 'a line of the journal must fit its checksum',
    file: 'storage/csv/row.ts',
    from: 'if (comma === -1 || line.slice(comma + 1) !== checksumOf(line.slice(0, comma))) return undefined',
    to: 'if (comma === -1) return undefined',
  },
  {
    rule: 'an edit by hand is taken whole before anyone buys',
    file: 'storage/csv/ledger-engine.ts',
    from: '      await ledger.#catchUp.now() // before',
    to: '      ledger.#catchUp.changed() // before',
    trials: ['kill-all'],
  },
  {
    rule: 'an edit that a crash interrupted is still an edit',
    file: start,
    from: 'replayed.unsold)\n  checkHandEdit',
    to: 'replayed.clean)\n  checkHandEdit',
    unseen: 'an edit of so few toys is one batch, taken whole or not at all; storage/csv/test has a larger one',
  },
  {
    rule: 'an edit of a running store is kept aside',
    file: segments,
    from: '      await this.#keepHandEdit()\n',
    to: '',
  },
  {
    rule: 'a left temp file is taken away',
    file: 'storage/file-system.ts',
    from: "left.endsWith('.tmp')",
    to: "left.endsWith('.never')",
  },
  {
    rule: 'who must mend a file finds all as it was',
    file: start,
    from: '    const broken = readSegment(bytes, path, segment, state, result)\n',
    to: "    const broken = readSegment(bytes, path, segment, state, result)\n    if (isLast) await files.open(path, 'write').then(async (file) => { await file.truncate(broken?.at ?? bytes.length); await file.close() })\n",
  },
  {
    rule: 'a change of a cart is answered after its sync',
    file: 'storage/csv/map-engine.ts',
    from: '    await this.#active.append(Buffer.from(',
    to: '    this.#active.append(Buffer.from(',
  },
  {
    rule: 'a copy of the carts is synced before it takes the place of their segments',
    file: 'storage/csv/map-compaction.ts',
    from: '    await write(Buffer.concat(lines))\n    await file.sync()\n',
    to: '    await write(Buffer.concat(lines))\n',
  },
  {
    rule: 'what an order bought leaves its cart once',
    file: cart,
    from: '  if (cart?.taken !== undefined && compareAttempts(attempt, cart.taken.attempt) <= 0) return cart\n',
    to: '',
  },
  {
    rule: 'an emptied cart remembers its last order',
    file: cart,
    from: 'items.length === 0 && cart?.taken === undefined ?',
    to: 'items.length === 0 ?',
  },
  {
    rule: 'a start asks the carts again about what was bought of them',
    file: orderCarts,
    from: '      if (take !== undefined) this.#takes.add(take)\n',
    to: '',
  },
  {
    rule: 'no cart is bought before it knows what was bought of it',
    file: orderCarts,
    from: '      if (!(await this.#areTaken(cart, Number.POSITIVE_INFINITY, deadline))) throw busy(this.#unreadable)\n',
    to: '',
  },
  {
    rule: 'a cart is bought by one purchase at a time',
    file: 'order/waiting.ts',
    from: '    if (waiting !== undefined) return waiting.until(deadline)\n',
    to: '    if (waiting !== undefined) {\n      void waiting.until(deadline)\n      return true\n    }\n',
  },
  {
    rule: 'what was bought is out of the cart before anybody is told of the order',
    file: orderCarts,
    from: '    if (!(await this.#areTaken(cart, placed.bought.order_number, deadline))) throw notTaken()\n',
    to: '',
  },
  {
    rule: 'the mark stays below an order whose cart does not know it',
    file: orderCarts,
    from: 'this.#read, this.#takes.lowest - 1)',
    to: 'this.#read)',
    trials: ['no-cut', 'no-cut-sync'],
  },
]

export const diskPlants: readonly Plant[] = rules.map((rule) => ({ ...rule, tests: [] }))
