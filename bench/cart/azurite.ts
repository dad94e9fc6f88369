/** Azurite, Microsoft's emulator of Azure's tables, in a process of its own that ends with this one. */
import { createRequire } from 'node:module'
import { emulatorString } from '../../storage/azure/test/fake-tables.ts'
import { freePort } from '../../test/free-port.ts'
import type { Bench } from '../bench-run.ts'

const require = createRequire(new URL('../../test/azurite/package.json', import.meta.url))

function programOf(): string | undefined {
  try {
    return require.resolve('azurite/dist/src/table/main.js')
  } catch {
    return undefined
  }
}

export function azuriteMissing(): string | undefined {
  if (programOf() !== undefined) return undefined
  return 'Azure is left out: azurite is not installed; `npm run test:azure` installs it.'
}

/** Resolves when it answers. It keeps all in memory. */
export async function openAzurite(bench: Bench): Promise<{ connectionString: string; close(): Promise<void> }> {
  const port = await freePort()
  const program = new URL('./programs/azurite.ts', import.meta.url).href
  const azurite = await bench.openCeiling(program, programOf()!, String(port))
  return { connectionString: emulatorString(port), close: () => azurite.close() }
}
