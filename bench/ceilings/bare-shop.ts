/**
 * A bare node:http server with one toy, for loading it with the client: answers each query after so many milliseconds, now and
 * then after ten times as many, and tells at /delays what it really took since it was last asked. Tells its port; ends with
 * its parent.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const delayMs = Number(process.argv[2])
/** One in so many is slow: enough for the 99th percentile to be one of them. */
const slowEvery = 50
const toy = '{"name":"Tux","price":25.99,"quantity":10000,"stock":10000}'
const headers = (text: string) => ({ 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })

let delays: number[] = []
let asked = 0

const server = createServer(({ url = '' }, response) => {
  const answer = (text: string): void => {
    response.writeHead(200, headers(text))
    response.end(text)
  }
  if (url.startsWith('/products?')) return answer(`{"data":[${toy}],"next":null}`)
  if (url === '/delays') {
    answer(JSON.stringify(delays))
    delays = []
    return
  }
  if (delayMs === 0) return answer(`{"data":${toy}}`)
  asked += 1
  const began = performance.now()
  setTimeout(
    () => {
      answer(`{"data":${toy}}`)
      delays.push(performance.now() - began)
    },
    asked % slowEvery === 0 ? 10 * delayMs : delayMs,
  )
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
