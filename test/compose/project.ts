/**
 * One project of Compose: a copy of this checkout, on data and a port of its own. Always: its containers, images and files are
 * gone after `remove`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stockShop } from '../../client/chaos/folder.ts'
import { services as programs } from '../../programs.ts'
import { freePort } from '../free-port.ts'
import { stockCustomers } from '../kill-buyers.ts'
import { buy } from '../store.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export const services = programs.map(({ name }) => name)
/** A setting of whoever calls Compose, which must reach the front end. */
export const ownerToken = 'owner-of-the-test'

export class Project {
  readonly folder: string
  readonly name: string
  readonly port: number
  readonly #program: readonly string[]

  /** `program`: `['docker', 'compose']`, or the old `['docker-compose']`. */
  constructor(options: { program: readonly string[]; folder: string; name: string; port: number }) {
    this.#program = options.program
    this.folder = options.folder
    this.name = options.name
    this.port = options.port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get data(): string {
    return `${this.folder}/data`
  }

  /** Another project over the same files. */
  async beside(): Promise<Project> {
    const port = await freePort()
    return new Project({ program: this.#program, folder: this.folder, name: `${this.name}-beside`, port })
  }

  /** What it prints. Throws where it fails. */
  run(...rest: string[]): string {
    const { status, output } = this.try(...rest)
    if (status !== 0) throw new Error(`${this.#program.join(' ')} ${rest.join(' ')}: exit code ${status}\n${output}`)
    return output
  }

  try(...rest: string[]): { status: number | null; output: string } {
    const [program, ...first] = this.#program
    const options = {
      cwd: this.folder,
      env: { ...process.env, PORT: `${this.port}`, ADMIN_TOKEN: ownerToken },
      encoding: 'utf8',
      timeout: 600_000,
    } as const
    const { status, stdout, stderr } = spawnSync(program!, [...first, '-p', this.name, ...rest], options)
    return { status, output: stdout + stderr }
  }

  /** The container's id; the service must have one. */
  id(service: string): string {
    const [program, ...first] = this.#program
    const args = [...first, '-p', this.name, 'ps', '-a', '-q', service]
    return execFileSync(program!, args, { cwd: this.folder, encoding: 'utf8', stdio: 'pipe' }).trim()
  }

  inspect(service: string, format: string): string {
    return execFileSync('docker', ['inspect', '--format', format, this.id(service)], { encoding: 'utf8' }).trim()
  }

  /** Resolves when a purchase is answered, to the milliseconds that it took. */
  async open(): Promise<number> {
    const began = performance.now()
    while (performance.now() - began < 60_000) {
      const status = await buy(this.url, { name: 'Tux', quantity: 1 }).then(
        (reply) => reply.status,
        () => 0,
      )
      if (status === 200) return Math.round(performance.now() - began)
      await pause(20)
    }
    throw new Error(`no purchase within a minute\n${this.try('logs', '--tail', '40').output}`)
  }

  remove(): void {
    this.try('down', '--rmi', 'local', '--volumes', '--remove-orphans')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A copy of the checkout with a well stocked shop. `owner` shall own the data and what becomes of them. */
export async function createProject(
  program: readonly string[],
  name: string,
): Promise<{ project: Project; owner: number }> {
  const folder = mkdtempSync(`${tmpdir()}/toy-store-compose-`)
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  for (const file of files.trim().split('\n')) cpSync(`${root}/${file}`, `${folder}/${file}`)
  // Not the image's own user, so that it shows whether the files follow the folder.
  const owner = process.getuid?.() === 0 ? 12345 : statSync(folder).uid
  await stockShop(`${folder}/data`)
  await stockCustomers(`${folder}/data`)
  for (const path of ['catalog', 'payment', 'cart', 'order', 'catalog/toys_db.csv', 'payment/customers.csv'])
    chownSync(`${folder}/data/${path}`, owner, owner)
  const port = await freePort()
  return { project: new Project({ program, folder, name, port }), owner }
}
