/** Money is whole cents inside and decimal outside (`15.99`), so that no sum is ever off by a fraction. */

/** Ten million: times a million pieces it is still a safe integer of cents. */
export const centsMax = 1_000_000_000

/** Cents of `15.99`, `15.9` or `15`. Throws a RangeError saying how it should be. */
export function parseMoney(text: string): number {
  const found = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(text)
  const cents = found === null ? Number.NaN : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  if (!(cents <= centsMax))
    throw new RangeError(`"${text}" is no amount; write it like 15.99, from 0.00 to 10000000.00`)
  return cents
}

/** `15.99` */
export const formatMoney = (cents: number): string =>
  `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`

/** The number that JSON shows: the double nearest to the decimal, which prints as that decimal. */
export const moneyNumber = (cents: number): number => cents / 100
