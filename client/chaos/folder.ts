/** The data folder that a run may use: a new one, which gets a shop that no run empties, or a store's, which is used as it is. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'

/** Why no run can begin, in a sentence. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

const rooms = ['catalog', 'payment', 'cart', 'order']
const ofAStore = /^(toys_db\.csv|customers\.csv|base-\d+\.csv|orders\.csv|carts-\d+\.csv)$/
const shown = 3
/** Those of a new shop. */
export const stockedToys: readonly string[] = ['Tux', 'Whale', 'Elephant', 'Fox', 'Python', 'Dolphin']
const pieces = 1_000_000_000

/** Throws a Refused where the folder holds what is no store's, and leaves it as it is. */
export async function prepareFolder(dataDir: string): Promise<'new' | 'existing'> {
  const found = await filesOf(dataDir)
  if (found.some(([room, name]) => room !== '' && ofAStore.test(name))) {
    const foreign = found.filter(([room]) => room === '')
    if (foreign.length > 0) throw foreignFiles(dataDir, foreign)
    return 'existing'
  }
  if (found.length > 0) throw foreignFiles(dataDir, found)
  await stockShop(dataDir).catch((error: Error) => {
    throw new Refused(`${dataDir} cannot be used: ${error.message}.`)
  })
  return 'new'
}

/** A new shop with plenty of everything: where all is sold out, nobody could tell an outage from the end. */
export async function stockShop(dataDir: string): Promise<void> {
  await mkdir(`${dataDir}/catalog`, { recursive: true })
  const rows = stockedToys.map((name) => `${name},25.99,${pieces}\n`)
  await writeFile(`${dataDir}/catalog/toys_db.csv`, `name,price,quantity\n${rows.join('')}`)
}

/** What lies in the folder and in the rooms of a store's: [room or nothing, name]. */
async function filesOf(dataDir: string): Promise<[string, string][]> {
  const found: [string, string][] = []
  for (const room of ['', ...rooms])
    for (const name of await namesIn(room === '' ? dataDir : `${dataDir}/${room}`))
      if (!(room === '' && rooms.includes(name)) && name !== '.gitkeep') found.push([room, name])
  return found
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new Refused(code === 'ENOTDIR' ? `${folder} is no folder.` : `${folder} cannot be used: ${message}.`)
  }
}

function foreignFiles(dataDir: string, foreign: readonly [string, string][]): Refused {
  const names = foreign.slice(0, shown).map(([room, name]) => (room === '' ? name : `${room}/${name}`))
  const more = foreign.length > shown ? ` and ${foreign.length - shown} more` : ''
  return new Refused(
    `${dataDir} holds what is no store's (${names.join(', ')}${more}); name a new folder, or one that a store has used.`,
  )
}
