/** Runs the load command alone, so that tests see real exit codes. */
import { Command } from 'commander'
import { loadCommand } from '../command.ts'

await new Command('client').addCommand(loadCommand()).parseAsync()
