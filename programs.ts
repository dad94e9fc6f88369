/** The services that `npm start` starts, in this order, and Node's options for each. */
export interface Service {
  name: string
  /** The setting of its port, by which the others find it. */
  port: string
  /**
   * How much is kept of what is young, in megabytes. What a request needs lives until its purchase is durable; where that is
   * longer than the young generation lasts, it is copied and then cleaned up with the old, which cost the front end a third of
   * its time (docs/results). More than this brought nothing, and takes memory.
   */
  options: readonly string[]
}

const young = (megabytes: number): string[] => [`--max-semi-space-size=${megabytes}`]

export const services: readonly Service[] = [
  { name: 'catalog', port: 'CATALOG_PORT', options: young(16) },
  { name: 'order', port: 'ORDER_PORT', options: young(8) },
  { name: 'frontend', port: 'PORT', options: young(16) },
]
