/**
 * `npm run test:rules`: each rule of the purchase earns its place. For each, a copy of the code has it taken out, and whoever
 * watches must notice there; with the code as it is nobody may. Exit code 1 where a missing rule goes unnoticed.
 *
 *   npm run test:rules                                        the tests that are named beside each rule
 *   npm run test:rules -- --by schedules --max 30000          so many schedules at random (test/schedules.ts)
 *   npm run test:rules -- --by exhaustive --max 5000          the first so many of each small store, exhaustively
 *   npm run test:rules -- --by sweep                          what makes the files survive, by the sweep (test/sweep.ts)
 *   npm run test:rules -- --only fence                        only those whose name holds the word
 *
 * The schedules and the sweep print a table. A rule that says why none of them can see it must not be seen by one either, nor may
 * the code as it is go wrong; for these a tenth has to do.
 */
import { Command, Option } from 'commander'
import { copyOfTheProject, without } from './broken-copy.ts'
import { watches } from './noticed.ts'
import { plants } from './plants.ts'
import { cartPlants } from './plants-carts.ts'
import { diskPlants } from './plants-disk.ts'

const { only, by, max, seed } = new Command('test:rules')
  .option('--only <word>', 'only rules whose name holds this')
  .addOption(new Option('--by <whom>', 'who must notice').choices(Object.keys(watches)).default('tests'))
  .option('--max <n>', 'how many schedules, in all at random or of each small store', Number, 30_000)
  .option('--seed <n>', 'of the schedules at random', Number, 1)
  .parse()
  .opts<{ only?: string; by: keyof typeof watches; max: number; seed: number }>()
const chosen = (by === 'sweep' ? diskPlants : [...plants, ...cartPlants]).filter(
  ({ rule }) => only === undefined || rule.includes(only),
)
const watch = watches[by]({ max, seed, every: 3 })
const fewer = Math.ceil(max / 10)
const shortly = watches[by]({ max: fewer, seed, every: 30 })
const copy = copyOfTheProject()

const began = performance.now()
const sound = await shortly(copy, { tests: [...new Set(chosen.flatMap(({ tests }) => tests))] })
if (sound !== undefined) {
  console.log(`with the code as it is something goes wrong: ${sound}`)
  process.exit(1)
}
if (by === 'sweep') console.log('| what is missing | caught by the trial | what went wrong |\n|---|---|---|')
else if (by !== 'tests')
  console.log('| rule | caught by | after N schedules | in so many steps | what went wrong |\n|---|---|---|---|---|')
let wrong = 0
let unseen = 0
for (const plant of chosen) {
  const { rule } = plant
  const reason = by === 'tests' ? undefined : plant.unseen
  const found = await without(plant, copy, () => (reason === undefined ? watch : shortly)(copy, plant)).catch(
    (error: Error) => {
      wrong += 1
      return error.message
    },
  )
  if (reason !== undefined) unseen += 1
  if ((found === undefined) !== (reason !== undefined)) wrong += 1
  const missed = reason === undefined ? 'UNNOTICED' : `unseen: ${reason}`
  if (by === 'tests') console.log(found === undefined ? `${missed} ${rule}` : `caught    ${rule}: ${found}`)
  else
    console.log(
      `| ${rule} | ${found ?? `${missed} | ${reason === undefined ? max : fewer} | |`} |${reason && found ? ' SEEN, though unseen' : ''}`,
    )
}
const seconds = Math.round((performance.now() - began) / 1000)
const said = unseen === 0 ? '' : `, ${unseen} that cannot be seen so`
console.log(`${chosen.length} rules taken out by turns, ${by} watching (${seconds} s)${said}, ${wrong} wrong`)
process.exit(wrong === 0 ? 0 : 1)
