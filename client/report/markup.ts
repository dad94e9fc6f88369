/** HTML that is safe as it is made: whatever is put into `html` is escaped, unless it was made by `html` itself. */

/** A piece of HTML. Only this file makes one. */
class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type { Html }

type Part = Html | string | number | undefined | readonly Part[]

/** A template tag. Attributes must stand in double quotes. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(texts.reduce((made, text, i) => made + textOf(parts[i - 1]) + text))
}

/** Scripts and styles that are files of ours, as they stand. They must not hold the end of their own element. */
export function ownText(text: string): Html {
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error('a script or style of the page ends its own element')
  return new Html(text)
}

/**
 * A value as JSON within a script element. In JSON `<` stands only in strings, where it may be written as an escape: so
 * neither `</script>` nor `<!--` can end the element early (HTML, 4.12.1.3, "Restrictions for contents of script elements").
 */
export function embeddedJson(value: unknown): Html {
  return new Html(JSON.stringify(value).replaceAll('<', '\\u003c'))
}

function textOf(part: Part): string {
  if (part === undefined) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(textOf).join('')
  return String(part).replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
