/**
 * `verify --data DIR`, `--url URL` or both: whether the books balance. Exit code 1 where there are differences or no store
 * answers, 2 where there are no books to read.
 */
import { access } from 'node:fs/promises'
import type { Command } from 'commander'
import { addToken, addUrl, checkUrl, duration, newCommand } from '../options.ts'
import { newProgress } from '../progress.ts'
import { type Report, report } from './report.ts'
import { ShopError } from './shop.ts'

const shown = 100

interface VerifyOptions {
  data?: string
  url?: string
  yesThisIsMyStore?: true
  token?: string
  timeout: number
  json?: true
}

export function verifyCommand(): Command {
  const command = newCommand(
    'verify',
    'check the books over the files of a stopped or running store, and over its API',
  ).option('--data <folder>', 'the data folder (default: data, where no --url is given)')
  return addToken(addUrl(command, { defaultUrl: undefined }), "for the owner's part")
    .option('--timeout <time>', 'the most that a request may take', duration(100, 600_000), 10_000)
    .option('--json', 'the verdict as JSON')
    .action(async (options: VerifyOptions) => {
      const { url, json } = options
      if (url !== undefined) checkUrl(command, { ...options, url })
      const found = await look(options)
      if (found === undefined) return
      process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : linesOf(found))
      process.exitCode = found.balanced ? 0 : 1
    })
}

/** Undefined where there is nothing to read: then it has said so. */
async function look({ data, url, token, timeout }: VerifyOptions): Promise<Report | undefined> {
  const dataDir = data ?? (url === undefined ? 'data' : undefined)
  const progress = newProgress()
  try {
    if (dataDir !== undefined)
      await access(`${dataDir}/catalog`).catch(() => {
        throw new Error(`${dataDir} holds no store (there is no folder catalog in it)`)
      })
    return await report({ dataDir, url, token, timeoutMs: timeout, progress })
  } catch (error) {
    progress.end()
    process.stderr.write(`verify: ${(error as Error).message}\n`)
    process.exitCode = error instanceof ShopError ? 1 : 2
    return undefined
  } finally {
    progress.end()
  }
}

function linesOf({ differences, notes, files, line }: Report): string {
  const lines = differences.slice(0, shown)
  if (differences.length > shown) lines.push(`… and ${differences.length - shown} more`)
  for (const { path, bytes, what } of files?.kept ?? [])
    lines.push(`kept aside: ${path} (${bytes.toLocaleString('en-US')} bytes): ${what}`)
  return [...notes, ...lines, line].map((each) => `${each}\n`).join('')
}
