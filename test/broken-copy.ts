/** A copy of the project in which one rule at a time is taken out; what is run there says whether anybody notices. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Plant } from './plants.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const leftOut = new Set(['node_modules', '.git', '.tap', 'data'])

/** Its folder; it goes when this process ends. */
export function copyOfTheProject(): string {
  const copy = mkdtempSync(`${tmpdir()}/toy-store-rules-`)
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
  cpSync(project, copy, { recursive: true, filter: (path) => !leftOut.has(path.slice(project.length).split('/')[0]!) })
  for (const shared of ['node_modules', '.tap']) symlinkSync(`${project}/${shared}`, `${copy}/${shared}`)
  return copy
}

/**
 * Does something while the rule is missing in the copy.
 * @throws where the place of the rule is not in its file once
 */
export async function without<Result>(
  { file, from, to, and }: Plant,
  copy: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const path = `${copy}/${file}`
  const text = readFileSync(path, 'utf8')
  let edited = text
  for (const edit of and === undefined ? [{ from, to }] : [{ from, to }, and]) {
    if (text.split(edit.from).length !== 2) throw new Error(`STALE: ${file} does not hold this once: ${edit.from}`)
    edited = edited.replace(edit.from, () => edit.to)
  }
  writeFileSync(path, edited)
  try {
    return await run()
  } finally {
    writeFileSync(path, text)
  }
}
