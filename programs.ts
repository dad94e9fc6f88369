/** The services that `npm start` starts, in this order, and Node's options for them. */
export interface Service {
  name: string
  /** The setting of its port, by which the others find it. */
  port: string
  /** Whom it asks, so that it must know their ports. */
  calls: readonly string[]
}

export const services: readonly Service[] = [
  { name: 'catalog', port: 'CATALOG_PORT', calls: [] },
  { name: 'payment', port: 'PAYMENT_PORT', calls: [] },
  { name: 'cart', port: 'CART_PORT', calls: [] },
  { name: 'order', port: 'ORDER_PORT', calls: ['catalog', 'payment', 'cart'] },
  { name: 'frontend', port: 'PORT', calls: ['catalog', 'payment', 'cart', 'order'] },
]

/**
 * What a request needs lives until its purchase is durable. Where that is longer than the young generation lasts (in megabytes
 * here), it is copied and then cleaned up with the old, so it is larger than usual; more brought nothing and takes memory. And V8
 * must not guess from a few that such objects live long, and make them old from the start: each of those kept alive, until the
 * next full collection, all that it pointed to (docs/results).
 */
export const nodeOptions: readonly string[] = ['--max-semi-space-size=8', '--no-allocation-site-pretenuring']

/**
 * A load's worker takes turns with the store on the same cores: without V8's helper threads its requests cost a fifth less. The
 * rest is what the services run with.
 */
export const workerOptions: readonly string[] = ['--single-threaded', ...nodeOptions]
