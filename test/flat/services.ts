/**
 * The catalog and the order service over one data folder, as processes of their own whose starts, memory and CPU time can be
 * measured. Always: they are gone when this process ends, for they do not outlive the channel to their parent.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export class Service {
  readonly #name: string
  readonly #env: NodeJS.ProcessEnv
  #child: ChildProcess | undefined
  #url = ''

  constructor(name: 'catalog' | 'payment' | 'order', env: NodeJS.ProcessEnv) {
    this.#name = name
    this.#env = env
  }

  get url(): string {
    return this.#url
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Resolves to the milliseconds until it said that it is ready. Throws where it ends instead. */
  async start(): Promise<number> {
    const began = performance.now()
    const child = fork(fileURLToPath(new URL(`../../${this.#name}/main.ts`, import.meta.url)), {
      execArgv: ['--max-semi-space-size=4'],
      env: {
        HOST: '127.0.0.1',
        PORT: '0',
        CATALOG_PORT: '0',
        ORDER_PORT: '0',
        PAYMENT_PORT: '0',
        CART_PORT: '0',
        LOG_LEVEL: 'warn',
        ...this.#env,
      },
    })
    this.#child = child
    const ready = Promise.withResolvers<number>()
    child.on('message', ({ url }: { url?: string }) => {
      if (url === undefined) return
      this.#url = url
      ready.resolve(performance.now() - began)
    })
    child.once('exit', (code, signal) => ready.reject(new Error(`the ${this.#name} ended with ${signal ?? code}`)))
    return ready.promise
  }

  /** SIGTERM, as an operator's; resolves when it is gone. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }

  /** Bytes that it has in memory now. */
  get residentBytes(): number {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))
    return Number(found?.[1] ?? 0) * 1024
  }

  /** Milliseconds that its threads have run: unlike the time that passes, it does not tell of what else the machine does. */
  get cpuMs(): number {
    const tasks = readdirSync(`/proc/${this.pid}/task`)
    const ran = tasks.map((task) =>
      Number(readFileSync(`/proc/${this.pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
    )
    return ran.reduce((sum, ns) => sum + ns, 0) / 1e6
  }
}

/** Both over one folder; the catalog first, since the other asks for it. */
export class Pair {
  readonly dataDir: string
  readonly catalog: Service
  readonly payment: Service
  #order: Service | undefined

  constructor(dataDir: string) {
    this.dataDir = dataDir
    this.catalog = new Service('catalog', { DATA_DIR: dataDir })
    this.payment = new Service('payment', { DATA_DIR: dataDir })
  }

  get order(): Service {
    if (this.#order === undefined) throw new Error('it has not been started')
    return this.#order
  }

  async start(): Promise<void> {
    await Promise.all([this.catalog.start(), this.payment.start()])
    await this.startOrder()
  }

  startOrder(): Promise<number> {
    this.#order = new Service('order', {
      DATA_DIR: this.dataDir,
      CATALOG_URL: this.catalog.url,
      PAYMENT_URL: this.payment.url,
    })
    return this.#order.start()
  }

  async stop(): Promise<void> {
    await this.#order?.stop()
    await Promise.all([this.catalog.stop(), this.payment.stop()])
  }
}
