/**
 * A whole store of our own: `node start.ts` on free ports, a process group of its own. Always: what was started here is gone
 * at the latest when this process is.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const startScript = fileURLToPath(new URL('../start.ts', import.meta.url))

/**
 * What a program of this project is started with, so that Node finds again what it has compiled, as under `npm start`. None
 * where the packages are another project's, as in a copy: its paths would fill that project's cache.
 */
export const compileCache: Readonly<Record<string, string>> = lstatSync(
  new URL('../node_modules', import.meta.url),
).isDirectory()
  ? { NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)) }
  : {}

const openLine = /^The toy store is open at (http:\S+)$/

export interface StoreOptions {
  dataDir: string
  /** Settings beside the ports; nothing else of this process's environment reaches the store. */
  env?: Record<string, string>
  /** Options of Node; none where not given. */
  flags?: readonly string[]
  /** The program in place of `start.ts`. */
  script?: string
  /** Who wants it killed when it ends, such as a test. */
  t?: { teardown(work: () => unknown): unknown }
  /** The lines come here, for who must see them before the store is open. */
  output?: string[]
}

export interface Store {
  url: string
  catalogUrl: string
  orderUrl: string
  paymentUrl: string
  cartUrl: string
  /** Of the supervisor, which is the process group's too. */
  pid: number
  /** Of the services that run now, by name. */
  readonly pids: Record<string, number>
  /** The lines of all processes so far, standard error's too. */
  output: string[]
  /** Resolves when all processes have closed their output, and `output` has all of it. */
  readToEnd: Promise<unknown>
  /** The supervisor's exit code, null after a signal, when it has ended. */
  exited: Promise<number | null>
  /** SIGTERM to the supervisor; resolves to its exit code when nothing of the store runs any more. */
  stop(): Promise<number | null>
  /** kill -9 of all; resolves when nothing runs any more. */
  kill(): Promise<void>
  /** kill -9 of one service; resolves when that process is gone. */
  killService(name: string): Promise<void>
  /** Sends a signal to one service, and resolves to its process id when it is sent. Throws where the service does not run. */
  signalService(name: string, signal: NodeJS.Signals): Promise<number>
  /** Sends a signal to the whole group, as a Ctrl-C does. */
  signalAll(signal: NodeJS.Signals): void
}

/** A store that ended instead of opening. */
export class NotOpened extends Error {
  readonly code: number | null
  readonly output: string[]

  constructor(code: number | null, output: string[]) {
    super(`the store ended with exit code ${code}:\n${output.join('\n')}`)
    this.code = code
    this.output = output
  }
}

/** By process group: who kills it when this process ends, however it does. */
const guards = new Map<number, ChildProcess>()

/** Resolves when the store is open. Throws a NotOpened where it ends instead, when nothing of it runs any more. */
export async function startStore({
  dataDir,
  env = {},
  flags = [],
  script = startScript,
  t,
  output = [],
}: StoreOptions): Promise<Store> {
  const settings = {
    PORT: '0',
    CATALOG_PORT: '0',
    ORDER_PORT: '0',
    PAYMENT_PORT: '0',
    CART_PORT: '0',
    DATA_DIR: dataDir,
    ...compileCache,
    ...env,
  }
  const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  // Whatever runs this may put options of its own into what it starts (tap does); `env -i` takes them out again.
  const child = spawn('env', ['-i', ...given, process.execPath, ...flags, script], {
    cwd: tmpdir(), // where no .env lies
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const pid = child.pid!
  guardGroup(pid)
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const kill = async (): Promise<void> => {
    if (guards.has(pid)) signal(-pid, 'SIGKILL')
    await goneGroup(pid)
  }
  t?.teardown(kill)
  const signalService = async (name: string, signalName: NodeJS.Signals): Promise<number> => {
    const service = servicesOf(pid)[name]
    if (service === undefined) throw new Error(`${name} does not run`)
    // The look held this process still, and what it had asked was answered: its calls must be under way again.
    await pause(5 + Math.random() * 30)
    signal(service, signalName)
    return service
  }

  const { open, readToEnd } = readOutput(child, output)
  const ended = exited.then(async (code) => {
    await Promise.all([goneGroup(pid), readToEnd])
    return new NotOpened(code, output)
  })
  const opened = await Promise.race([open, ended])
  if (opened instanceof NotOpened) throw opened
  return {
    url: opened,
    catalogUrl: readyUrl(output, 'catalog'),
    orderUrl: readyUrl(output, 'order'),
    paymentUrl: readyUrl(output, 'payment'),
    cartUrl: readyUrl(output, 'cart'),
    pid,
    get pids() {
      return servicesOf(pid)
    },
    output,
    readToEnd,
    exited,
    async stop() {
      signal(pid, 'SIGTERM')
      const code = await exited
      await Promise.all([goneGroup(pid), readToEnd])
      return code
    },
    kill,
    async killService(name) {
      const service = await signalService(name, 'SIGKILL')
      while (Object.values(servicesOf(pid)).includes(service)) await pause(10)
    },
    signalService,
    signalAll: (name) => signal(-pid, name),
  }
}

/** The services of a process group that run, by name. A zombie does not run. */
function servicesOf(group: number): Record<string, number> {
  const rows = processes(group).map(({ pid, command }) => [/\/(\w+)\/main\.ts/.exec(command)?.[1] ?? '', pid] as const)
  return Object.fromEntries(rows.filter(([name]) => name !== ''))
}

function processes(group: number): { pid: number; command: string }[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat=,args='], { encoding: 'utf8' }).split('\n')
  return rows.flatMap((row) => {
    const [, pid, pgid, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? []
    return Number(pgid) === group && !state!.startsWith('Z') ? [{ pid: Number(pid), command: command! }] : []
  })
}

/** Resolves when no process of the group is left; throws after 20 s. */
export async function goneGroup(group: number): Promise<void> {
  for (let tries = 0; processes(group).length > 0; tries++) {
    if (tries > 400) throw new Error(`still there: ${processes(group).map(({ command }) => command)}`)
    await pause(50)
  }
  const guard = guards.get(group)
  guards.delete(group)
  if (guard !== undefined) signal(-guard.pid!, 'SIGKILL')
}

/** kill -9 of all stores of this process, for one that ends at once; returns when nothing of them runs any more. */
export function killStores(): void {
  for (const group of guards.keys()) {
    signal(-group, 'SIGKILL')
    while (processes(group).length > 0) {}
  }
}

/** Its standard input ends with this process, and then it kills. */
function guardGroup(group: number): void {
  const guard = spawn('sh', ['-c', `cat; kill -s KILL -- -${group}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  ;(guard.stdin as unknown as Socket).unref()
  guards.set(group, guard)
}

/** Collects the lines. `open` resolves to the shop's URL, `readToEnd` when all processes have closed their output. */
function readOutput(child: ChildProcess, output: string[]): { open: Promise<string>; readToEnd: Promise<unknown> } {
  const readers = [child.stdout!, child.stderr!].map((stream) => createInterface(stream))
  const open = new Promise<string>((resolve) => {
    for (const reader of readers)
      reader.on('line', (line) => {
        output.push(line)
        const found = openLine.exec(line)
        if (found !== null) resolve(found[1]!)
      })
  })
  return { open, readToEnd: Promise.all(readers.map((reader) => once(reader, 'close'))) }
}

/** Where a service listens, as it said when it was ready for the first time; nothing before. */
export function readyUrl(output: readonly string[], service: string): string {
  const line = output.find((text) => text.includes(`"service":"${service}"`) && text.includes('"msg":"ready"'))
  return (JSON.parse(line ?? '{}') as { url?: string }).url ?? ''
}

/** Nothing happens where the process has gone already. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
