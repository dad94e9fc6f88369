/**
 * One client of the fuzz: sends groups of requests, pipelined, on a connection that it keeps as long as nothing ends it, and
 * judges what comes back. Always true: an answer belongs to the request in whose turn it came; one too many is a fault.
 */
import type { Answer } from './answers.ts'
import { chooseAt } from './choose.ts'
import { Connection } from './connection.ts'
import { faultsOf } from './oracle.ts'
import type { FuzzRequest } from './request.ts'

export interface Placed {
  index: number
  request: FuzzRequest
}

export interface Judged extends Placed {
  answers: readonly Answer[]
  faults: readonly string[]
}

/** Longer than any limit of the store: who has no answer then never gets one. */
const patienceMs = 30_000
const splitSeed = 0x51c7

export class Session {
  readonly #port: number
  readonly #seed: number
  #connection: Connection | undefined

  constructor(port: number, seed: number) {
    this.#port = port
    this.#seed = seed
  }

  /** Sends one group and resolves to the verdict on each of its requests. */
  async send(group: readonly Placed[]): Promise<Judged[]> {
    const connection = this.#connection ?? new Connection(this.#port)
    this.#connection = undefined
    const last = group.at(-1)!
    await connection.send(
      this.#parts(group),
      group.map(({ request }) => request.head === true),
    )
    const { after } = last.request
    if (after === 'half-close') connection.halfClose()
    if (after === 'reset') await connection.reset()
    const wanted = group.reduce((sum, { request }) => sum + request.answersMax, 0)
    const { answers, late } = await connection.answers(wanted, patienceMs)
    if (after === 'keep' && !connection.ended && !late && connection.fault === undefined) this.#connection = connection
    else if (after !== 'reset' && !late && connection.fault === undefined) {
      connection.halfClose()
      answers.push(...(await connection.answers(Number.POSITIVE_INFINITY, patienceMs)).answers)
    }
    if (this.#connection === undefined) connection.destroy()
    return this.#judge(group, answers, connection, late)
  }

  close(): void {
    this.#connection?.destroy()
  }

  /** Mostly one packet; some come in pieces. */
  #parts(group: readonly Placed[]): Buffer[] {
    const all = Buffer.concat(group.map(({ request }) => request.bytes))
    const choose = chooseAt(this.#seed ^ splitSeed, group[0]!.index)
    if (choose.chance(0.8)) return [all]
    const cuts = Array.from({ length: 1 + choose.below(4) }, () => choose.below(all.length)).sort((a, b) => a - b)
    return [0, ...cuts].map((cut, i) => all.subarray(cut, cuts[i] ?? all.length)).filter((part) => part.length > 0)
  }

  #judge(group: readonly Placed[], answers: readonly Answer[], connection: Connection, late: boolean): Judged[] {
    let at = 0
    const judged = group.map(({ index, request }, i) => {
      const own = answers.slice(at, at + request.answersMax)
      at += own.length
      const faults = own.flatMap((answer) => faultsOf(request, answer))
      const must = request.answered === 'always' || (request.answered === 'alone' && group.length === 1)
      const alive = request.after !== 'reset' && (must || late)
      if (alive && own.length < request.answersMax)
        faults.push(
          `${own.length} of ${request.answersMax} answers came${late ? ` within ${patienceMs} ms` : ' before the end'}`,
        )
      return { index, request, answers: own, faults, isLast: i === group.length - 1 }
    })
    const last = judged.at(-1)!
    if (connection.fault !== undefined) last.faults.push(connection.fault)
    if (at < answers.length) last.faults.push(`${answers.length - at} answers too many came`)
    return judged
  }
}
