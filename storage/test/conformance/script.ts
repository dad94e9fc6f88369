/**
 * A script: what is done to a store, as plain data that a seed makes, that shrinks, and that can be written down and done
 * again. It is a row of lives, one process each: what is asked, what fails, and how it ends.
 */
import { inspect } from 'node:util'
import fc from 'fast-check'
import type { Crash, Engine, Fault } from './engine.ts'

export interface Ask<Call> {
  /** So many turns of the microtask queue after the one before it. */
  after: number
  call: Call | { call: 'pass'; ms: number }
}

export interface Life<Call> {
  fault?: Fault | null
  /** Everything is looked at before anything is asked. */
  look: boolean
  /** Those of a group are asked at the same time; the next group when they are all answered. */
  groups: Ask<Call>[][]
  /** `hurry`: it is closed while the last group is under way. */
  end: { how: 'close' | 'hurry' } | { how: 'crash'; crash: Crash } | { how: 'close and crash'; crash: Crash }
}

export type Script<Call> = Life<Call>[]

/** How many calls a script makes, without looks. */
export const callsOf = (script: Script<unknown>): number => script.flatMap(({ groups }) => groups.flat()).length

/** Scripts for an engine, of such calls. */
export function scripts<Call>(
  { crashes, faults }: Pick<Engine<unknown>, 'crashes' | 'faults'>,
  calls: fc.Arbitrary<Call>,
): fc.Arbitrary<Script<Call>> {
  const pass = fc.record({ call: fc.constant('pass' as const), ms: fc.constantFrom(1, 20, 50, 1000, 5000) })
  const ask = fc.record({
    after: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(40) }),
    call: fc.oneof({ weight: 6, arbitrary: calls }, { weight: 1, arbitrary: pass }),
  })
  const group = fc.oneof(
    { weight: 3, arbitrary: fc.array(ask, { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.array(ask, { minLength: 2, maxLength: 4 }) },
  )
  const at = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 160 }))
  const fault: fc.Arbitrary<Fault> =
    faults.length === 0
      ? fc.constant({ at: 0, kind: 'kill' })
      : fc.record({ at, kind: fc.constantFrom(...faults), lasting: fc.boolean() }, { requiredKeys: ['at', 'kind'] })
  const crash = fc.record({ kind: fc.constantFrom(...crashes), seed: fc.nat(999) })
  const end = fc.oneof(
    { weight: 2, arbitrary: fc.record({ how: fc.constantFrom('close', 'hurry') }) },
    { weight: 4, arbitrary: fc.record({ how: fc.constant('crash'), crash }) },
    { weight: 1, arbitrary: fc.record({ how: fc.constant('close and crash'), crash }) },
  )
  const life = fc.record({
    fault: faults.length === 0 ? fc.constant(null) : fc.option(fault),
    look: fc.boolean(),
    groups: fc.array(group, { maxLength: 8 }),
    end,
  }) as fc.Arbitrary<Life<Call>>
  return fc.array(life, { minLength: 1, maxLength: 4 })
}

/** The script for people: one line a thing that happens. */
export function printed<Call>(script: Script<Call>, asCode: (call: Call) => string): string {
  const lines: string[] = []
  for (const { fault, look, groups, end } of script) {
    const last = 'crash' in end ? end.crash : undefined
    lines.push(`start()${fault ? ` // ${faultText(fault)}` : ''}`)
    if (look) lines.push('look()')
    for (const [i, group] of groups.entries()) {
      const hurried = end.how === 'hurry' && i === groups.length - 1
      const codes = group.map(({ after, call }) => {
        const code = isPass(call) ? `clock.pass(${call.ms})` : asCode(call as Call)
        return after === 0 ? code : `after(${after}, () => ${code})`
      })
      const [only] = codes
      lines.push(
        `${hurried ? '' : 'await '}${codes.length === 1 ? only : `Promise.all([\n    ${codes.join(',\n    ')},\n  ])`}`,
      )
    }
    if (end.how !== 'crash') lines.push('await close()')
    if (last !== undefined) lines.push(`crash: ${last.kind}${last.kind === 'kill' ? '' : `, seed ${last.seed}`}`)
  }
  return [...lines, 'start()', 'look()'].map((line) => `  ${line}`).join('\n')
}

const faultText = ({ at, kind, lasting }: Fault): string =>
  kind === 'kill' || kind === 'kill-after'
    ? `crash at call ${at}${kind === 'kill' ? '' : ', which is done'}`
    : `call ${at} fails: ${kind}${lasting ? ', and all that need room after it' : ''}`

/** A value as code, on one line. */
export const asCode = (value: unknown): string =>
  inspect(value, { depth: 9, compact: true, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: null }).replace(
    /'(.)\1{99,}'/g,
    (text, letter) => `'${letter}'.repeat(${text.length - 2})`,
  )

export const isPass = (call: unknown): call is { call: 'pass'; ms: number } =>
  (call as { call?: unknown }).call === 'pass'
