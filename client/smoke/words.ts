/** Words that came from the store, as they may stand on a terminal. */

const shownMax = 200
/** What moves a terminal's cursor, or turns the direction of what follows, or is no character. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Control characters are written as escapes, and a long text is cut. */
export function shown(text: string, most = shownMax): string {
  const start = text.slice(0, most)
  const whole = start.replaceAll(unsafe, escaped)
  return text.length > most ? `${whole}… (${text.length} characters)` : whole
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escaped = (character: string): string =>
  short[character] ?? `\\u{${character.codePointAt(0)!.toString(16).padStart(4, '0')}}`

/** A name of the store's. */
export const quoted = (name: string): string => `"${shown(name, 60)}"`
