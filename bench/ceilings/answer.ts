/** The ceiling of reads: a bare node:http server that always gives the answer it was started with. Tells its port; ends with its parent. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const text = process.argv[2]!
const length = Buffer.byteLength(text)
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length })
  response.end(text)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
