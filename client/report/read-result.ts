/** Reads what `load --json` wrote. */
import { readFile } from 'node:fs/promises'
import { type Result, resultSchema } from '../load/result.ts'

/** A year of seconds; more is no load, and would not fit into memory. */
const secondMost = 32_000_000

/** Throws an Error whose sentence names the file and what is wrong with it. */
export async function readResult(path: string): Promise<Result> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path}: ${unreadable[error.code ?? ''] ?? `it cannot be read (${error.message})`}.`)
  })
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new Error(`${path}: it is no JSON (${(error as Error).message}); give a file that load --json wrote.`)
  }
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (typeof format === 'number' && format > 1)
    throw new Error(`${path}: its format is ${format}, this program knows 1; read it with the version that wrote it.`)
  const { success, data, error } = resultSchema.safeParse(value)
  if (!success) {
    const { path: place, message } = error.issues[0]!
    throw new Error(`${path}: it is no result of load --json: ${placeText(place)}${message}.`)
  }
  const late = [...data.perSecond, ...data.load].find(({ second }) => second > secondMost)
  if (late !== undefined)
    throw new Error(`${path}: it is no result of load --json: no load has a second ${late.second}.`)
  return data
}

const unreadable: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder, no file',
  EACCES: 'this user may not read it',
}

/** `kinds[0].latency.p50: ` */
function placeText(place: readonly PropertyKey[]): string {
  const text = place.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return text === '' ? '' : `${text.replace(/^\./, '')}: `
}
