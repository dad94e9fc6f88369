/** What a service tells at `GET /metrics`. */
import { setTimeout as pause } from 'node:timers/promises'

/** By name and labels as they stand there, the service's own left out: `stock{toy="Tux"}`. */
export async function figuresOf(url: string, headers: Record<string, string> = {}): Promise<Map<string, number>> {
  const reply = await fetch(`${url}/metrics`, { headers })
  const text = await reply.text()
  if (reply.status !== 200) throw new Error(`${url}/metrics answered ${reply.status}: ${text}`)
  const rows = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    rows.map((row) => {
      const at = row.lastIndexOf(' ')
      const series = row.slice(0, at).replace(/,?service="\w+"(?=[,}])/, '')
      return [series.replace('{}', '').replace('{,', '{'), Number(row.slice(at + 1))]
    }),
  )
}

/** The figures, as soon as they say so; throws after 20 s. */
export async function figuresWhen(
  url: string,
  isSo: (figures: ReadonlyMap<string, number>) => boolean,
): Promise<Map<string, number>> {
  for (let tries = 0; ; tries++) {
    const figures = await figuresOf(url)
    if (isSo(figures)) return figures
    if (tries > 400) throw new Error(`never came true: ${isSo}`)
    await pause(50)
  }
}
