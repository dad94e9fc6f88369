/** Numbers as people read them in the reports: thousands separated, as many digits as mean something. */

export const nothing = '–'

export function whole(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** Milliseconds without their unit. */
export function milliseconds(ms: number | null): string {
  return ms === null ? nothing : digits(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0)
}

export function rate(perSecond: number | null): string {
  return perSecond === null ? nothing : digits(perSecond, perSecond > 0 && perSecond < 10 ? 2 : perSecond < 100 ? 1 : 0)
}

/** A share from 0 to 1; what is more than nothing is never shown as 0 %, what is less than all never as 100 %. */
export function percent(share: number): string {
  if (share === 0) return '0 %'
  if (share > 0 && share < 0.0001) return '< 0.01 %'
  if (share < 1 && share > 0.9999) return '> 99.99 %'
  return `${digits(100 * share, share < 0.1 ? 2 : 1)} %`
}

export function secondsText(seconds: number): string {
  return `${digits(seconds, Number.isInteger(seconds) ? 0 : 1)} s`
}

/** How many of something, with its word: `1 threshold`, `2 thresholds`. */
export function counted(count: number, unit: string): string {
  return `${whole(count)} ${unit}${count === 1 ? '' : 's'}`
}

/** For drawing: five digits are more than an eye can tell apart, and keep the page small. */
export function forDrawing(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(5))
}

/** An ISO time to the second, as it is told everywhere: in UTC. What is no time stays as it is. */
export function timeText(iso: string): string {
  const time = new Date(/^\d{4}-\d\d-\d\dT/.test(iso) ? iso : Number.NaN)
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function digits(value: number, after: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: after, maximumFractionDigits: after })
}
