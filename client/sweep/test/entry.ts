/** Runs the sweep command alone, so that tests see real exit codes. */
import { Command } from 'commander'
import { sweepCommand } from '../command.ts'

await new Command('client').addCommand(sweepCommand()).parseAsync()
