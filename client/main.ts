#!/usr/bin/env node
/** The client's command line. Nothing imports this file. */
import { Command } from 'commander'
import { backupCommand } from './backup/command.ts'
import { chaosCommand } from './chaos/command.ts'
import { consistencyCommand } from './consistency/command.ts'
import { loadCommand } from './load/command.ts'
import { compareCommand } from './report/compare-command.ts'
import { smokeCommand } from './smoke/command.ts'
import { sweepCommand } from './sweep/command.ts'
import { verifyCommand } from './verify/command.ts'

await new Command('client')
  .description('load a toy store, check it and its books, break it, copy it')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .addCommand(loadCommand())
  .addCommand(compareCommand())
  .addCommand(sweepCommand())
  .addCommand(smokeCommand())
  .addCommand(verifyCommand())
  .addCommand(chaosCommand())
  .addCommand(consistencyCommand())
  .addCommand(backupCommand())
  .parseAsync()
