/**
 * A TCP proxy in front of a service, whose connections can all be broken at once. Always: what came in goes on as it came;
 * where the service breaks a connection, so does the door.
 *
 * It cannot refuse a connection as a dead process does: who comes while it is shut, or while nothing listens behind it, is let
 * in and thrown out at once. That is the harder case, since the caller cannot know whether it was heard.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export interface DoorOptions {
  /** Where the service listens; undefined while nobody knows. */
  target(): URL | undefined
  /** Sees what passes. */
  watch?: (caller: Socket, service: Socket) => void
}

export class Door {
  readonly #server: Server
  readonly #options: DoorOptions
  /** Who came in, with the connection that goes on to the service. */
  readonly #inside = new Map<Socket, Socket>()
  #isShut = false

  private constructor(options: DoorOptions) {
    this.#options = options
    this.#server = createServer({ noDelay: true }, (socket) => this.#enter(socket))
  }

  /** On a free port of this machine. */
  static async open(options: DoorOptions): Promise<Door> {
    const door = new Door(options)
    door.#server.listen(0, '127.0.0.1')
    await once(door.#server, 'listening')
    return door
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Breaks every connection and lets nobody in until `reopen`. Returns how many there were. */
  cut(): number {
    this.#isShut = true
    const count = this.#inside.size
    for (const both of this.#inside) for (const socket of both) breakOff(socket)
    return count
  }

  reopen(): void {
    this.#isShut = false
  }

  /** For good. */
  close(): void {
    this.cut()
    this.#server.close()
  }

  #enter(socket: Socket): void {
    socket.on('error', () => {})
    const target = this.#options.target()
    if (this.#isShut || target === undefined) {
      breakOff(socket)
      return
    }
    const service = connect({ port: Number(target.port), host: target.hostname, noDelay: true })
    this.#inside.set(socket, service)
    socket.on('close', () => this.#inside.delete(socket))
    join(socket, service)
    join(service, socket)
    this.#options.watch?.(socket, service)
  }
}

function join(from: Socket, to: Socket): void {
  from.pipe(to)
  from.on('error', () => breakOff(to))
}

/** With a reset, as a process that is killed does; libuv refuses that, and keeps the handle, where an end is under way. */
function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
