/** One run over a store: the door, the checks, and what they came to. */
import { connectTo } from './answer.ts'
import { checks } from './checks.ts'
import { answersErrorsAs200, faultAtDoor } from './door.ts'
import { checkLine, lastLine, type Summary } from './report.ts'
import { type Outcome, runChecks } from './run.ts'

export interface SmokeOptions {
  url: string
  token?: string
  /** The most that a request may take, in milliseconds. */
  timeout: number
  /** Also makes what stays: a toy, customers, drafts. */
  create?: boolean
}

/** Checks the store at `url`, and prints each check's line as it ends. */
export async function smoke(
  { url, token, timeout, create = false }: SmokeOptions,
  print: (line: string) => void,
): Promise<Summary> {
  const connections = connectTo(url, timeout)
  try {
    const fault = await faultAtDoor(connections, url)
    if (fault !== undefined) return { url, fault, checks: [], notes: [] }
    const outcomes: Outcome[] = []
    const ended = (outcome: Outcome): void => {
      outcomes.push(outcome)
      print(checkLine(outcome))
    }
    const errorsAs200 = await answersErrorsAs200(connections)
    const notes = await runChecks(checks, connections, { token, errorsAs200, create, ended })
    if (errorsAs200)
      notes.push("errors of the original's routes come with status 200 (ERROR_STATUS=200); their bodies were judged")
    for (const note of notes) print(`note: ${note}`)
    print(lastLine({ checks: outcomes }))
    return { url, fault: null, checks: outcomes, notes }
  } finally {
    await connections.close()
  }
}
