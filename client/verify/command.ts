/** `verify --data DIR`: whether the books balance. */
import { access } from 'node:fs/promises'
import { Command } from 'commander'
import { type Verdict, verdictLine, verifyFiles } from './files.ts'

const shown = 100

/** Exit code 1 where there are differences, 2 where there are no books to read. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('check the books over the files of a stopped or running store')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .option('--data <folder>', 'the data folder', 'data')
    .action(async ({ data }: { data: string }) => {
      let verdict: Verdict
      try {
        await access(`${data}/catalog`).catch(() => {
          throw new Error(`${data} holds no store (there is no folder catalog in it)`)
        })
        verdict = await verifyFiles(data)
      } catch (error) {
        process.stderr.write(`verify: ${(error as Error).message}\n`)
        process.exitCode = 2
        return
      }
      for (const difference of verdict.differences.slice(0, shown)) process.stdout.write(`${difference}\n`)
      if (verdict.differences.length > shown) process.stdout.write(`… and ${verdict.differences.length - shown} more\n`)
      for (const { path, bytes, what } of verdict.kept)
        process.stdout.write(`kept aside: ${path} (${bytes.toLocaleString('en-US')} bytes): ${what}\n`)
      process.stdout.write(`${verdictLine(verdict)}\n`)
      process.exitCode = verdict.differences.length > 0 ? 1 : 0
    })
}
