/** `backup --data DIR --to DIR`. Exit code 1 where the copy's books do not balance, 2 where nothing could be copied. */
import type { Command } from 'commander'
import { newCommand } from '../options.ts'
import { verdictLine } from '../verify/files.ts'
import { backup } from './backup.ts'

export function backupCommand(): Command {
  return newCommand('backup', 'copy a running or stopped store; the copy is checked')
    .option('--data <folder>', 'the data folder', 'data')
    .requiredOption('--to <folder>', 'a new folder for the copy')
    .action(async ({ data, to }: { data: string; to: string }) => {
      try {
        const verdict = await backup(data, to)
        for (const note of verdict.notes) process.stdout.write(`${note}\n`)
        for (const difference of verdict.differences) process.stdout.write(`${difference}\n`)
        process.stdout.write(`${to}: ${verdictLine(verdict)}\n`)
        process.exitCode = verdict.differences.length > 0 ? 1 : 0
      } catch (error) {
        process.stderr.write(`backup: ${(error as Error).message}\n`)
        process.exitCode = 2
      }
    })
}
