/** The rules of an account's name: what a toy or a customer may be called. */
import { z } from 'zod'

const nameMax = 200
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** What is wrong with a name; undefined where nothing is. A name is one line, and nothing a spreadsheet would run. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'must not be empty'
  if (name.length > nameMax) return `must have at most ${nameMax} characters`
  if (control.test(name)) return 'must not hold control characters or line breaks'
  if (!name.isWellFormed()) return 'must be whole Unicode text'
  if (name === '.' || name === '..') return 'must not be . or .. (a URL cannot hold it)'
  if (name.trim() !== name) return 'must not begin or end with a space'
  if ('=+-@'.includes(name[0]!)) return 'must not begin with =, +, - or @ (a spreadsheet would run it)'
  return undefined
}

export const nameSchema = z.string({ error: 'must be a string' }).check((given) => {
  const fault = nameFault(given.value)
  if (fault !== undefined) given.issues.push({ code: 'custom', message: fault, input: given.value })
})

/** The quick look before that schema. */
export const isName = (value: unknown): value is string => typeof value === 'string' && nameFault(value) === undefined
