import t from 'tap'
import { readSettings, timesOf } from '../settings.ts'

t.test('without any setting the defaults hold', async (t) => {
  t.strictSame(readSettings({}), {
    host: '127.0.0.1',
    port: 8080,
    catalogPort: 8081,
    orderPort: 8082,
    paymentPort: 8083,
    cartPort: 8084,
    catalogUrl: 'http://127.0.0.1:8081',
    orderUrl: 'http://127.0.0.1:8082',
    paymentUrl: 'http://127.0.0.1:8083',
    cartUrl: 'http://127.0.0.1:8084',
    dataDir: 'data',
    azure: undefined,
    shards: 16,
    ioDelayMs: 0,
    threads: 1,
    cache: true,
    adminToken: undefined,
    internalToken: undefined,
    errorsAs200: false,
    logLevel: 'info',
  })
  t.ok(Object.isFrozen(readSettings({})))
})

t.test('an empty setting is none, and what is not ours is not looked at', async (t) => {
  t.strictSame(readSettings({ PORT: '', ADMIN_TOKEN: '', PATH: '/bin', THREADS_: 'x' }), readSettings({}))
})

t.test('where the others are follows from host and ports, or is set', async (t) => {
  const urls = (env: Record<string, string>) => {
    const { catalogUrl, orderUrl, paymentUrl } = readSettings(env)
    return [catalogUrl, orderUrl, paymentUrl]
  }
  t.strictSame(urls({ HOST: '0.0.0.0', CATALOG_PORT: '1', PAYMENT_PORT: '2' }), [
    'http://127.0.0.1:1',
    'http://127.0.0.1:8082',
    'http://127.0.0.1:2',
  ])
  t.strictSame(urls({ HOST: '::' }), ['http://[::1]:8081', 'http://[::1]:8082', 'http://[::1]:8083'])
  t.strictSame(urls({ HOST: '::1' }), ['http://[::1]:8081', 'http://[::1]:8082', 'http://[::1]:8083'])
  t.strictSame(urls({ CATALOG_URL: 'http://catalog:9/', ORDER_URL: 'https://order/x', PAYMENT_URL: 'http://pay' }), [
    'http://catalog:9',
    'https://order',
    'http://pay',
  ])
})

t.test('the simulated delay stretches every deadline', async (t) => {
  const [short, long] = [timesOf(readSettings({})), timesOf(readSettings({ IO_DELAY_MS: '200' }))]
  for (const name of ['callMs', 'purchaseMs', 'closeMs'] as const) t.ok(long[name] >= short[name] + 800, name)
})

t.test('a bad value is told with its name, what it must be and, where it is no secret, what it is', async (t) => {
  const rows: [string, string, string][] = [
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '80.5', 'a whole number from 0 to 65535'],
    ['PORT', ' 80', 'a whole number from 0 to 65535'],
    ['CATALOG_PORT', 'http', 'a whole number from 0 to 65535'],
    ['ORDER_PORT', '0x50', 'a whole number from 0 to 65535'],
    ['PAYMENT_PORT', '8083 ', 'a whole number from 0 to 65535'],
    ['IO_DELAY_MS', '10001', 'a whole number from 0 to 10000'],
    ['THREADS', '0', 'a whole number from 1 to 64'],
    ['CACHE', 'yes', 'on or off'],
    ['STORE', 'mysql', 'csv'],
    ['ERROR_STATUS', '404', 'http or 200'],
    ['LOG_LEVEL', 'loud', 'trace or debug or info or warn or error or fatal or silent'],
    ['ADMIN_TOKEN', 'short', '8 to 256 visible characters'],
    ['INTERNAL_TOKEN', 'with a space', '8 to 256 visible characters'],
    ['CATALOG_URL', 'localhost:8081', 'a URL such as http://127.0.0.1:8081'],
    ['ORDER_URL', 'ftp://order', 'a URL such as http://127.0.0.1:8081'],
    ['PAYMENT_URL', 'payment', 'a URL such as http://127.0.0.1:8081'],
    ['HOST', 'a b', 'a host name or address'],
    ['DATA_DIR', 'a\0b', 'a folder'],
  ]
  for (const [name, value, must] of rows) {
    const shown = name.endsWith('_TOKEN') ? '' : `, but it is ${JSON.stringify(value)}`
    const message = `the setting ${name} must be ${must}${shown}`
    t.throws(() => readSettings({ [name]: value }), { name: 'StartError', message }, `${name}=${value}`)
  }
})
