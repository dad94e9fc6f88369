/** Many random scripts over an engine; where one goes wrong, the smallest that still does is told so that it can be done again. */
import fc from 'fast-check'
import type { Engine } from './engine.ts'
import { type Ran, run } from './run.ts'
import { callsOf, printed, type Script, scripts } from './script.ts'
import type { Suite } from './suite.ts'

export interface CheckOptions {
  runs: number
  seed: number
  /** Only this one of fast-check's paths. */
  path?: string
  /** How long a wrong script may be made smaller, in milliseconds. */
  shrinkMs?: number
  onRun?: () => void
}

export interface Checked extends Ran {
  runs: number
  /** What went wrong first, with its script. */
  wrong: Counterexample | undefined
}

export interface Counterexample {
  what: string
  /** How many calls its script makes. */
  calls: number
  /** `seed:path`, for this version of the tests only; empty where the script was given. */
  path: string
  json: string
  text: string
}

const nothing = (): Ran => ({ commands: 0, crashes: 0, refusals: 0, unanswered: 0 })

/** Runs a script; undefined where all is right. */
export async function judge<Store, Call, State>(
  engine: Engine<Store>,
  suite: Suite<Store, Call, State>,
  script: Script<Call>,
  ran: Ran = nothing(),
): Promise<string | undefined> {
  try {
    await run({ engine, suite, script, ran })
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

export async function check<Store, Call, State>(
  engine: Engine<Store>,
  suite: Suite<Store, Call, State>,
  { runs, seed, path = '', shrinkMs = 30_000, onRun = () => {} }: CheckOptions,
): Promise<Checked> {
  const ran = nothing()
  let done = 0
  let failedAt: number | undefined
  const property = fc.asyncProperty(scripts(engine, suite.calls), async (script) => {
    const isShrinking = failedAt !== undefined
    if (isShrinking && performance.now() - failedAt! > shrinkMs) return // the smallest so far is told
    const what = await judge(engine, suite, script, isShrinking ? nothing() : ran)
    if (!isShrinking) done += 1
    onRun()
    if (what === undefined) return
    failedAt ??= performance.now()
    throw new Error(what)
  })
  const found = await fc.check(property, { numRuns: runs, seed, path })
  if (!found.failed) return { ...ran, runs: done, wrong: undefined }
  const [script] = found.counterexample!
  const what = (found.errorInstance as Error).message
  return { ...ran, runs: done, wrong: told(engine, suite, script, what, `${seed}:${found.counterexamplePath}`) }
}

/** The whole print of a wrong script. */
export function told<Store, Call, State>(
  engine: Engine<Store>,
  suite: Suite<Store, Call, State>,
  script: Script<Call>,
  what: string,
  path: string,
): Counterexample {
  const json = JSON.stringify(script)
  const again = `node test/model.ts --suite ${suite.name} --engine ${engine.name} --replay`
  const text = [
    `${suite.name} over ${engine.name} is wrong, ${what}`,
    'the script:',
    printed(script, suite.asCode),
    'to do it again (or keep all of this in a file and give its name):',
    `  ${again} '${json.replaceAll("'", String.raw`'\''`)}'`,
    ...(path === '' ? [] : [`  ${again} ${path}`]),
  ].join('\n')
  return { what, calls: callsOf(script), path, json, text }
}
