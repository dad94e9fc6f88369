/**
 * One request over undici and its reply. undici calls `onRequestStart` in the same breath in which it writes the head, so
 * whether a request that failed was sent is known for certain. Always true: of one exchange, at most one request is written.
 */
import type { Dispatcher } from 'undici'
import type { Clock } from '../clock.ts'
import { systemCode } from '../errors.ts'

export interface SendOptions {
  method: string
  path: string
  headers: Record<string, string>
  body?: string
}

export interface Answer {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  text: string
}

/** `started`: something may have been written. */
export type Exchange = { failed: false; answer: Answer } | { failed: true; started: boolean; cause: Error }

/** The same for all: to make an error is dear, and nobody reads this one. */
const isOver = new Error('the exchange is over')

/** Sends, and resolves when the reply is there, something failed, or `leftMs` are over. Rejects only for what undici refuses to send. */
export function exchange(
  pool: Dispatcher,
  { method, path, headers, body }: SendOptions,
  { leftMs, clock }: { leftMs: number; clock: Clock },
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let over: Error | undefined
    let answer: Omit<Answer, 'text'> = { status: 0, headers: {} }
    const chunks: Buffer[] = []

    const cancel = clock.after(leftMs, () => {
      fail(new Error(`no answer within ${leftMs} ms`))
      controller?.abort(over!)
    })
    const fail = (cause: Error): void => {
      cancel()
      over ??= cause
      resolve({ failed: true, started: controller !== undefined, cause })
    }

    pool.dispatch(
      { method, path, headers, body: body ?? null },
      {
        onRequestStart(given) {
          // A request that was given up in the queue must not be sent. Thrown here, an error spares the connection; so does
          // it stop undici from sending the same request again on another one.
          if (over !== undefined) throw over
          if (controller !== undefined) throw new Error('undici wanted to send a request twice')
          controller = given
        },
        onResponseStart(_, status, replyHeaders) {
          answer = { status, headers: replyHeaders }
        },
        onResponseData(_, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          cancel()
          over ??= isOver
          resolve({ failed: false, answer: { ...answer, text: Buffer.concat(chunks).toString() } })
        },
        onResponseError(_, error) {
          // A mistake in our own code, such as a header with a line break: no failure of the neighbour.
          if (systemCode(error) === 'UND_ERR_INVALID_ARG') {
            cancel()
            reject(error)
          } else fail(error)
        },
      },
    )
  })
}
