/**
 * One hop of a chain: a bare node:http server that asks the next one, where there is one, then appends a line to a file and
 * syncs it, where there is one, then answers. Arguments: the next one's URL and the file's path, each `-` where there is none.
 * Tells its port; ends with its parent.
 */
import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

const [next, path] = process.argv.slice(2) as [string, string]
const pool = next === '-' ? undefined : new Pool(next, { pipelining: 1 })
const file = path === '-' ? undefined : await open(path, 'a')

const server = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  request.on('end', () => void answer(text))

  async function answer(asked: string): Promise<void> {
    let body = JSON.stringify({ data: JSON.parse(asked) })
    if (pool !== undefined) {
      const headers = { 'content-type': 'application/json' }
      const reply = await pool.request({ method: 'POST', path: '/orders', headers, body: asked })
      body = await reply.body.text()
    }
    if (file !== undefined) {
      await file.write(`${asked}\n`)
      await file.datasync()
    }
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  }
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
