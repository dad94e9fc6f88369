/** A service as the front end sees it, usually the catalog, whose stream and answers a test holds back. Ends with the test. */
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Hands {
  url: string
  /** Requests that came, as `GET /query/Tux`. */
  seen: string[]
  /** From now on nothing of the stream arrives, until it is released. */
  holdStream(): void
  releaseStream(): void
  /** Lets so many pieces of it arrive: an event each, where there was time between them. */
  passOn(count: number): void
  /** Cuts the streams there are. */
  cutStream(): void
  /** From now on the answers of products are kept, as the catalog gave them, until they are released. */
  holdAnswers(): void
  releaseAnswers(): void
  /** From now on what is asked at this path is done, and the answer is lost with its connection. */
  loseReplies(path: string): void
  /** How many answers are kept. */
  readonly kept: number
}

/** Hands every request on to the service at `target`. */
export async function holdService(t: Test, target: string): Promise<Hands> {
  const seen: string[] = []
  let holdsStream = false
  let holdsAnswers = false
  let lost: string | undefined
  const answers: (() => void)[] = []
  const pieces: (() => void)[] = []
  const streams = new Set<() => void>()

  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    const { method, headers } = request
    const onward = send(target + request.url, { method, headers, agent: false }, (reply) => {
      if (request.url === lost) {
        reply.resume().on('end', () => response.destroy())
        return
      }
      const isStream = request.url === '/changes'
      reply.on('error', () => response.destroy())
      response.writeHead(reply.statusCode!, reply.headers)
      if (isStream) {
        response.flushHeaders()
        const cut = (): void => void response.destroy()
        streams.add(cut)
        response.on('close', () => {
          streams.delete(cut)
          onward.destroy()
        })
      }
      const body: Buffer[] = []
      reply.on('data', (piece: Buffer) => {
        const pass = (): void => void response.write(piece)
        if (!isStream) body.push(piece)
        else if (holdsStream) pieces.push(pass)
        else pass()
      })
      reply.on('end', () => {
        const end = (): void => void response.end(Buffer.concat(body))
        if (holdsAnswers && request.url!.startsWith('/query/')) answers.push(end)
        else end()
      })
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    holdStream() {
      holdsStream = true
    },
    releaseStream() {
      holdsStream = false
      for (const pass of pieces.splice(0)) pass()
    },
    passOn(count) {
      for (const pass of pieces.splice(0, count)) pass()
    },
    cutStream() {
      for (const cut of streams) cut()
    },
    holdAnswers() {
      holdsAnswers = true
    },
    releaseAnswers() {
      holdsAnswers = false
      for (const end of answers.splice(0)) end()
    },
    loseReplies(path) {
      lost = path
    },
    get kept() {
      return answers.length
    },
  }
}
