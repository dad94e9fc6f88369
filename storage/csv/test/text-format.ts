/** Any text as a map's value, in one column. */
import type { MapFormat } from '../map-turn.ts'

export const textFormat: MapFormat<string> = {
  columns: ['text'],
  read([text]) {
    try {
      return JSON.parse(text!) as string
    } catch {
      throw new RangeError('the text is none')
    }
  },
  write: (value) => [JSON.stringify(value)],
}
