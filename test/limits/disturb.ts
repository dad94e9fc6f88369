/**
 * One disturbance of the limits run, a process of its own, and cheap: raw sockets, no parsing of what comes but counting. It
 * goes on until the channel to its parent closes.
 */
import { connect, type Socket } from 'node:net'
import type { Disturb, Disturbed, FromDisturber, Kind, ToDisturber } from './messages.ts'

const head = (line: string): string => `${line} HTTP/1.1\r\nhost: 127.0.0.1\r\n`
const aToy = `${head('GET /products/Tux')}\r\n`
const purchase = '{"name":"Whale","quantity":1}'
const aPurchase = `${head('POST /orders')}content-type: application/json\r\ncontent-length: ${purchase.length}\r\n\r\n${purchase}`

const counts: Disturbed = { answered: 0, refused: 0, refusedP99: 0, lost: 0 }
let port = 0
let go = (): void => {}
const begun = new Promise<void>((resolve) => {
  go = resolve
})

process.on('disconnect', () => process.exit(0))
process.on('message', (order: ToDisturber) => {
  if (order === 'go') go()
  else void start(order)
})

async function start({ kind, port: given }: Disturb): Promise<void> {
  port = given
  await disturbances[kind]()
}

const tell = (message: FromDisturber): void => void process.send?.(message)

const disturbances: Record<Kind, () => Promise<void>> = {
  /** Each has asked once, so that it is kept as a client that may ask again. */
  async idle() {
    await crowd(5_000, (socket) => {
      socket.write(aToy)
      return new Promise((resolve) => socket.once('data', () => resolve()))
    })
    tell({ ready: true })
  },

  /** A byte a second, the half of them of a header, the others of a body; who is refused comes again. */
  async senders() {
    const begin = async (index: number): Promise<void> => {
      const socket = await opened()
      const text = index % 2 === 0 ? head('GET /products/Tux') : aPurchase.slice(0, -purchase.length)
      socket.write(text)
      socket.on('data', () => {
        counts.refused++
      })
      const dripping = setInterval(() => socket.write('x'), 1000)
      socket.on('close', () => {
        clearInterval(dripping)
        void begin(index)
      })
    }
    for (let index = 0; index < 500; index++) await begin(index)
    tell({ ready: true })
  },

  /** They ask for page after page and read none. */
  async readers() {
    const pages = `${head('GET /products?limit=1000')}\r\n`.repeat(40)
    await crowd(200, async (socket) => {
      socket.pause()
      socket.write(pages)
    })
    tell({ ready: true })
  },

  /** A thousand requests in one packet, on each connection every second, so that the store has time left for others. */
  async pipelines() {
    const packet = `${head('GET /products/Tux')}\r\n`.repeat(1_000)
    let connections = 0
    await crowd(4, async (socket) => {
      const reply = /HTTP\/1\.1 (\d)/g
      socket.setEncoding('latin1').on('data', (text: string) => {
        for (const [, status] of text.matchAll(reply)) {
          if (status === '2') counts.answered++
          else counts.refused++
        }
      })
      setTimeout(() => setInterval(() => socket.write(packet), 1_000), 250 * connections++)
    })
    tell({ ready: true })
  },

  /** More purchases at one moment than may be in flight. */
  async burst() {
    const sockets: Socket[] = []
    await crowd(8_000, async (socket) => void sockets.push(socket))
    tell({ ready: true })
    await begun
    const refusals: number[] = []
    const at = performance.now()
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<void>((resolve) => {
            let open = true
            const end = (): void => {
              if (open) resolve()
              open = false
            }
            socket.once('data', (chunk: Buffer) => {
              if (chunk.toString('latin1', 9, 12) === '503') {
                counts.refused++
                refusals.push(performance.now() - at)
              } else counts.answered++
              end()
            })
            socket.once('close', () => {
              if (open) counts.lost++
              end()
            })
            socket.write(aPurchase)
          }),
      ),
    )
    refusals.sort((a, b) => a - b)
    counts.refusedP99 = refusals[Math.floor(refusals.length * 0.99)] ?? 0
    tell({ done: counts })
  },
}

/** So many connections, a few hundred at a time. */
async function crowd(size: number, use: (socket: Socket) => Promise<void>): Promise<void> {
  const atOnce = 200
  for (let from = 0; from < size; from += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, size - from) }, async () => use(await opened())))
}

function opened(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.on('error', () => {})
  })
}

/** Asked at the end of a measurement by a kind that goes on. */
process.on('SIGUSR2', () => tell({ done: counts }))
