/** How `npm start` starts the store. Always: the benchmark's stores and its ceilings get the same options of Node. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface StartLine {
  /** Options of Node, such as `--max-semi-space-size=4`. */
  flags: string[]
  env: Record<string, string>
}

const form = /^((?:[A-Z_]+=\S+ )*)(?:exec )?node ((?:-\S+ )*)start\.ts$/

/** Reads a script such as `NAME=value exec node --option start.ts`. Throws where it has another form. */
export function readStartLine(script: string): StartLine {
  const found = form.exec(script)
  if (found === null) throw new Error(`the start script of package.json is not understood: ${script}`)
  const words = (text: string): string[] => text.split(' ').filter((word) => word !== '')
  const pairs = words(found[1]!).map((pair) => pair.split('=') as [string, string])
  return { flags: words(found[2]!), env: Object.fromEntries(pairs) }
}

/** Of this project; its compile cache is named by its whole path, for stores that are started elsewhere. */
export function startLine(): StartLine {
  const root = new URL('../', import.meta.url)
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { scripts: { start: string } }
  const { flags, env } = readStartLine(scripts.start)
  const cache = env.NODE_COMPILE_CACHE
  return { flags, env: cache === undefined ? env : { ...env, NODE_COMPILE_CACHE: fileURLToPath(new URL(cache, root)) } }
}
