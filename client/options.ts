/** What the client's commands have in common: how options are taken, and the sentence for one that is not taken. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { closestMatch } from 'leven'

/** A command of the client: whatever it does not understand ends with exit code 2. */
export function newCommand(name: string, description: string): Command {
  return new Command(name).description(description).exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}

export function numberWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^(\d+\.?|\d*\.\d+)$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`)
  }
}

/** Several of them with commas between, each once, rising. */
export function numbers(readOne: (text: string) => number, most: number): (text: string) => number[] {
  return (text) => {
    const parts = text.split(',').map((part) => part.trim())
    if (parts.every((part) => part === ''))
      throw new InvalidArgumentError('The list is empty: say one number at least.')
    const list = parts.map((part) => {
      if (part === '') throw new InvalidArgumentError('A number is missing between two commas, or at an end.')
      return readOne(part)
    })
    const twice = list.find((value, place) => list.indexOf(value) < place)
    if (twice !== undefined) throw new InvalidArgumentError(`${twice} stands there twice.`)
    if (list.length > most) throw new InvalidArgumentError(`It may have ${most} numbers at most.`)
    return list.toSorted((a, b) => a - b)
  }
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, '': 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a time like `10`, `10s`, `500ms`, `2m`, `1h`; a plain number is seconds. Undefined where it is none. */
export function readDuration(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h|)$/.exec(text) ?? []
  return number === undefined ? undefined : Number(number) * unitMs[unit!]!
}

/** To milliseconds. */
export function duration(leastMs: number, mostMs: number): (text: string) => number {
  return (text) => {
    const ms = readDuration(text)
    if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms
    throw new InvalidArgumentError(
      `It must be a time from ${durationText(leastMs)} to ${durationText(mostMs)}: 500ms, 10s (or 10), 2m, 1h.`,
    )
  }
}

/** A time, or two with a hyphen between them: the least and the most. */
export function durations(leastMs: number, mostMs: number): (text: string) => readonly [least: number, most: number] {
  const read = duration(leastMs, mostMs)
  return (text) => {
    const [least = '', most = least, ...more] = text.split('-')
    const both = [read(least), read(most)] as const
    if (more.length === 0 && both[0] <= both[1]) return both
    throw new InvalidArgumentError('It must be a time, or the least and the most: 500ms, 0s-1s.')
  }
}

export function durationText(ms: number): string {
  if (ms > 0 && ms % unitMs.h! === 0) return `${ms / unitMs.h!}h`
  if (ms > 0 && ms % unitMs.m! === 0) return `${ms / unitMs.m!}m`
  return ms === 0 || ms >= 1000 ? `${Number((ms / 1000).toFixed(3))}s` : `${ms}ms`
}

/** One of these words. */
export function oneOf<const Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text)
    if (word !== undefined) return word
    throw new InvalidArgumentError(`There is no ${text}${nearest(text, words)}. There are ${words.join(', ')}.`)
  }
}

/** `; did you mean …`, where one of the words is near enough; else nothing. */
export function nearest(text: string, words: readonly string[]): string {
  const near = closestMatch(text, words, { maxDistance: Math.max(2, Math.floor(text.length / 2)) })
  return near === undefined ? '' : `; did you mean ${near}`
}

/** With the way to name a store that is not on this machine: nobody loads another's by a slip. */
export function addUrl(
  command: Command,
  { about = 'the store', defaultUrl }: { about?: string; defaultUrl: string | undefined } = {
    defaultUrl: 'http://127.0.0.1:8080',
  },
): Command {
  return command
    .option('--url <url>', about, origin, defaultUrl)
    .option('--yes-this-is-my-store', 'the store may be on another machine')
}

export interface UrlOptions {
  url: string
  yesThisIsMyStore?: true
}

/** Ends with exit code 2 where the store is on another machine and nobody said that it may be. */
export function checkUrl(command: Command, { url, yesThisIsMyStore }: UrlOptions): void {
  if (yesThisIsMyStore || isLoopback(url)) return
  command.error(
    `error: ${url} is not on this machine. If it is your store, and you may do this to it, say --yes-this-is-my-store.`,
    { exitCode: 2 },
  )
}

/** URL has already turned every spelling of an IPv4 address into four numbers. */
const isLoopback = (url: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(URL.parse(url)?.hostname ?? '')

function origin(text: string): string {
  const url = URL.parse(text)
  if ((url?.protocol === 'http:' || url?.protocol === 'https:') && url.href === `${url.origin}/`) return url.origin
  throw new InvalidArgumentError('It must be an address like http://127.0.0.1:8080, and nothing more.')
}

/** The shop's ADMIN_TOKEN: given, or of the environment. */
export function addToken(command: Command, why: string): Command {
  const option = new Option('--token <token>', `the shop's ADMIN_TOKEN, ${why}`)
  return command.addOption(option.env('ADMIN_TOKEN').argParser(token))
}

function token(text: string): string {
  if (/^[\x21-\x7e]{8,256}$/.test(text)) return text
  throw new InvalidArgumentError('It must be what the store has as ADMIN_TOKEN: 8 to 256 characters without spaces.')
}
