/**
 * All settings, from the environment only; read once, in a main.ts. A bad value stops the start with a sentence that names
 * the setting, what it must be and what it is.
 */
import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'
import { z } from 'zod'
import { StartError } from './errors.ts'

const whole = (min: number, max: number, otherwise: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error))
    .default(otherwise)
}
const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values, otherwise: Values[number]) =>
  z.enum(values, `must be ${values.join(' or ')}`).default(otherwise as never)
const port = (otherwise: number) => whole(0, 65_535, otherwise)
const token = z
  .string()
  .regex(/^[\x21-\x7e]{8,256}$/, 'must be 8 to 256 visible characters')
  .optional()
const url = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must be a URL such as http://127.0.0.1:8081',
  )
  .transform((text) => new URL(text).origin)
  .optional()

const schema = z.object({
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or address')
    .default('127.0.0.1'),
  PORT: port(8080),
  CATALOG_PORT: port(8081),
  ORDER_PORT: port(8082),
  PAYMENT_PORT: port(8083),
  CART_PORT: port(8084),
  CATALOG_URL: url,
  ORDER_URL: url,
  PAYMENT_URL: url,
  CART_URL: url,
  DATA_DIR: z
    .string()
    .regex(/^[^\0]+$/, 'must be a folder')
    .default('data'),
  STORE: oneOf(['csv'], 'csv'),
  DB_TYPE: oneOf(['Local', 'Azure'], 'Local'),
  SHARDS: whole(1, 1_000_000, 16),
  AZURE_COSMOS_CONNECTION_STRING: z.string().optional(),
  IO_DELAY_MS: whole(0, 10_000, 0),
  THREADS: whole(1, 64, 1),
  CACHE: oneOf(['on', 'off'], 'on'),
  ADMIN_TOKEN: token,
  INTERNAL_TOKEN: token,
  ERROR_STATUS: oneOf(['http', '200'], 'http'),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
})

export interface Settings {
  host: string
  port: number
  catalogPort: number
  orderPort: number
  paymentPort: number
  cartPort: number
  /** Where the others are; from host and port where not set. */
  catalogUrl: string
  orderUrl: string
  paymentUrl: string
  cartUrl: string
  dataDir: string
  /** The connection string of the tables in Azure that hold the carts; undefined where they are in files. */
  azure: string | undefined
  /** Of the hash table of carts. */
  shards: number
  /** Simulated database time of one read or write, in milliseconds. */
  ioDelayMs: number
  /** Threads that answer HTTP, of each service; with 1 the service is one thread. */
  threads: number
  /** Whether the front end keeps products in memory. */
  cache: boolean
  adminToken: string | undefined
  internalToken: string | undefined
  errorsAs200: boolean
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
}

/** Reads `.env` in the current folder first, where there is one. Throws a StartError. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  if (existsSync('.env')) loadEnvFile('.env') // by Node itself; what is set already goes before it
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in schema.shape && value !== ''))
  const result = schema.safeParse(given)
  if (!result.success) {
    const [issue] = result.error.issues
    const name = String(issue!.path[0])
    const shown = /TOKEN|CONNECTION_STRING/.test(name) ? '' : `, but it is ${JSON.stringify(given[name])}` // a secret belongs into no log
    throw new StartError(`the setting ${name} ${issue!.message}${shown}`)
  }
  const { data } = result
  if (data.DB_TYPE === 'Azure' && data.AZURE_COSMOS_CONNECTION_STRING === undefined)
    throw new StartError(
      'the setting AZURE_COSMOS_CONNECTION_STRING must be given where DB_TYPE is Azure: the connection string of the account',
    )
  const at = (portNumber: number) => `http://${urlHost(data.HOST)}:${portNumber}`
  return Object.freeze({
    host: data.HOST,
    port: data.PORT,
    catalogPort: data.CATALOG_PORT,
    orderPort: data.ORDER_PORT,
    paymentPort: data.PAYMENT_PORT,
    cartPort: data.CART_PORT,
    catalogUrl: data.CATALOG_URL ?? at(data.CATALOG_PORT),
    orderUrl: data.ORDER_URL ?? at(data.ORDER_PORT),
    paymentUrl: data.PAYMENT_URL ?? at(data.PAYMENT_PORT),
    cartUrl: data.CART_URL ?? at(data.CART_PORT),
    dataDir: data.DATA_DIR,
    azure: data.DB_TYPE === 'Azure' ? data.AZURE_COSMOS_CONNECTION_STRING : undefined,
    shards: data.SHARDS,
    ioDelayMs: data.IO_DELAY_MS,
    threads: data.THREADS,
    cache: data.CACHE === 'on',
    adminToken: data.ADMIN_TOKEN,
    internalToken: data.INTERNAL_TOKEN,
    errorsAs200: data.ERROR_STATUS === '200',
    logLevel: data.LOG_LEVEL,
  })
}

/** A host as it stands in a URL: who listens on all addresses is reached at loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** How long things may take, in milliseconds; the simulated delay comes on top. */
export function timesOf({ ioDelayMs }: Settings): { callMs: number; purchaseMs: number; closeMs: number } {
  return { callMs: 2000 + 4 * ioDelayMs, purchaseMs: 5000 + 12 * ioDelayMs, closeMs: 5000 + 12 * ioDelayMs }
}
