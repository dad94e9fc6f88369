/** Money is whole cents inside and decimal outside (`15.99`), so that no sum is ever off by a fraction. */
import { z } from 'zod'

/** Ten million: times a million pieces it is still a safe integer of cents. */
export const centsMax = 1_000_000_000

/** Cents of `15.99`, `15.9` or `15`. Throws a RangeError saying how it should be. */
export function parseMoney(text: string, most = centsMax): number {
  const found = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(text)
  const cents = found === null ? Number.NaN : Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0'))
  if (!(cents <= most))
    throw new RangeError(`"${text}" is no amount; write it like 15.99, from 0.00 to ${formatMoney(most)}`)
  return cents
}

/** Whether this is a price as the store writes it. */
export function isMoney(text: string): boolean {
  try {
    return formatMoney(parseMoney(text)) === text
  } catch {
    return false
  }
}

/** `15.99` */
export const formatMoney = (cents: number): string =>
  `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`

/** The number that JSON shows: the double nearest to the decimal, which prints as that decimal. */
export const moneyNumber = (cents: number): number => cents / 100

/** A JSON number such as 12.5, of at most two decimals, as cents; `min` and `max` are cents. */
export function centsSchema({ min, max }: { min: number; max: number }): z.ZodType<number, number> {
  const error = `must be an amount such as 15.99, from ${formatMoney(min)} to ${formatMoney(max)}`
  const cents = (amount: number): number => {
    const found = /^\d+(\.\d{1,2})?$/.test(String(amount)) ? Math.round(amount * 100) : Number.NaN
    return found >= min && found <= max ? found : Number.NaN
  }
  return z
    .number({ error })
    .refine((amount) => !Number.isNaN(cents(amount)), { error })
    .transform(cents)
}
