/** Runs the smoke command, and how long it took. */
import { type Ran, startClient } from '../../test/program.ts'

export async function runSmoke(url: string, ...options: string[]): Promise<Ran & { ms: number }> {
  const began = performance.now()
  const ran = await startClient(['smoke', '--url', url, ...options]).ran
  return { ...ran, ms: performance.now() - began }
}
