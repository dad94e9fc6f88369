/** A balance, or what one changed by, as it stands in a file that people open: whole, or cents written like `15.99`. */

/** `decimals` 2: `amount` is cents. */
export function formatAmount(amount: number, decimals: 2 | undefined): string {
  if (decimals === undefined) return String(amount)
  const digits = String(Math.abs(amount)).padStart(3, '0')
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** NaN where it is not written so; one decimal, or none, will do. */
export function parseAmount(text: string, decimals: 2 | undefined): number {
  if (decimals === undefined) return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  const found = /^(-?\d{1,14})(?:\.(\d{1,2}))?$/.exec(text)
  return found === null ? Number.NaN : Number(`${found[1]}${(found[2] ?? '').padEnd(2, '0')}`)
}
