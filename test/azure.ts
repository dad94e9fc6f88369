/**
 * `npm run test:azure`: the carts' tables over Azurite, which is installed beside this file where it is missing; with
 * AZURE_COSMOS_CONNECTION_STRING set, over that account instead, in tables that it makes and removes. Exit code as tap's.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const azurite = `${root}test/azurite`
const isThere = existsSync(`${azurite}/node_modules/azurite/package.json`)

if (!isThere && !process.env.AZURE_COSMOS_CONNECTION_STRING) run('npm', ['ci', '--prefix', azurite])
run('tap', ['build'])
run('tap', globSync('{test,storage/azure/test}/*.azure.ts', { cwd: root }).sort().concat(process.argv.slice(2)))

/** Ends this process where it fails. */
function run(command: string, options: readonly string[]): void {
  const { status, error } = spawnSync(command, options, { cwd: root, stdio: 'inherit' })
  if (error !== undefined) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}
