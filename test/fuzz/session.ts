/**
 * One client of the fuzz: sends groups of requests, pipelined, on a connection that it keeps as long as nothing ends it, and
 * judges what comes back. Always true: an answer belongs to the request in whose turn it came; one too many is a fault, and so
 * is a connection that does not do what its last answer says.
 */
import type { Answer } from './answers.ts'
import { chooseAt } from './choose.ts'
import { Connection } from './connection.ts'
import { closesAfter, faultsOf } from './oracle.ts'
import type { FuzzRequest } from './request.ts'

export interface Placed {
  index: number
  request: FuzzRequest
}

export interface Judged extends Placed {
  answers: readonly Answer[]
  faults: string[]
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
      group.flatMap(({ request }) => (request.parts ?? [request]).map(({ head }) => head === true)),
    )
    const { after } = last.request
    const early = await connection.answers(last.request.waitsFor ?? 0, patienceMs)
    if (after === 'half-close') connection.halfClose()
    if (after === 'reset') await connection.reset()
    const wanted = group.reduce((sum, { request }) => sum + request.answers[1], 0)
    const { answers: others, late } = await connection.answers(wanted - early.answers.length, patienceMs)
    const answers = [...early.answers, ...others]
    let stays = false
    if (!late && connection.fault === undefined && after !== 'reset') {
      const untold = after === 'closed' && answers.length < wanted
      const closes = after === 'half-close' || untold || answers.some(closesAfter)
      if (!closes && !connection.ended) this.#connection = connection
      else if (closes) {
        // The store must end it, without being asked to.
        const rest = await connection.answers(Number.POSITIVE_INFINITY, patienceMs)
        answers.push(...rest.answers)
        stays = rest.late
      }
    }
    const judged = this.#judge(group, answers, connection, late)
    if (stays) judged.at(-1)!.faults.push(`the connection is still open after ${patienceMs} ms`)
    // After a fault nobody knows whose answer comes next.
    if (judged.some(({ faults }) => faults.length > 0)) this.#connection = undefined
    if (this.#connection === undefined) connection.destroy()
    return judged
  }

  close(): void {
    this.#connection?.destroy()
  }

  /** Mostly one packet; some come in pieces. */
  #parts(group: readonly Placed[]): Buffer[] {
    const all = Buffer.concat(group.map(({ request }) => request.bytes))
    const choose = chooseAt(this.#seed ^ splitSeed, group[0]!.index)
    if (choose.chance(0.8) || group.at(-1)!.request.inOnePacket === true) return [all]
    const cuts = Array.from({ length: 1 + choose.below(4) }, () => choose.below(all.length)).sort((a, b) => a - b)
    return [0, ...cuts].map((cut, i) => all.subarray(cut, cuts[i] ?? all.length)).filter((part) => part.length > 0)
  }

  #judge(group: readonly Placed[], answers: readonly Answer[], connection: Connection, late: boolean): Judged[] {
    let at = 0
    const judged = group.map(({ index, request }, i) => {
      const [fewest, most] = request.answers
      const own = answers.slice(at, at + most)
      at += own.length
      const faults = own.flatMap((answer, turn) => faultsOf(request.parts?.[turn] ?? request, answer))
      const enough = late && request.after !== 'reset' ? most : fewest
      if (own.length < enough)
        faults.push(`${own.length} of ${enough} answers came${late ? ` within ${patienceMs} ms` : ' before the end'}`)
      return { index, request, answers: own, faults, isLast: i === group.length - 1 }
    })
    const last = judged.at(-1)!
    if (connection.fault !== undefined) last.faults.push(connection.fault)
    if (at < answers.length) last.faults.push(`${answers.length - at} answers too many came`)
    return judged
  }
}
