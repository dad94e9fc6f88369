/** What is done to a running store: services are killed, paused, or both at once. When a fault is over, every service runs again or is being started. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store, startStore } from '../store.ts'

const services = ['catalog', 'payment', 'cart', 'order', 'frontend'] as const

export interface StoreOwner {
  store: Store
  /** Starts the store again after all of it was killed, on the same ports. */
  again: () => ReturnType<typeof startStore>
}

/** Does one fault; its name says what it was, as `kill order` or `pause catalog, kill frontend`. Throws where a service never comes up. */
export async function doFault(owner: StoreOwner, random: () => number): Promise<string> {
  const one = services[Math.floor(random() * services.length)]!
  const other = services.filter((service) => service !== one)[Math.floor(random() * 3)]!
  const pauseMs = Math.round(50 * 60 ** random()) // 50 to 3,000, the short ones as often as the long ones
  const choice = random()
  if (choice < 0.1) {
    await owner.store.kill()
    owner.store = await owner.again()
    return 'kill all'
  }
  if (choice < 0.45) {
    await kill(owner.store, one)
    return `kill ${one}`
  }
  if (choice < 0.8) {
    await pause(owner.store, one, pauseMs, () => {})
    return `pause ${one}`
  }
  await pause(owner.store, one, pauseMs, () => kill(owner.store, other))
  return `pause ${one}, kill ${other}`
}

/** One that is just being started again is waited for. */
async function pidOf(store: Store, service: string): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const pid = store.pids[service]
    if (pid !== undefined) return pid
    await sleep(20)
  }
  throw new Error(`${service} was not started again within 10 s`)
}

async function kill(store: Store, service: string): Promise<void> {
  await pidOf(store, service)
  await store.killService(service)
}

async function pause(store: Store, service: string, ms: number, meanwhile: () => unknown): Promise<void> {
  const pid = await pidOf(store, service)
  await sleep(5 + Math.random() * 30) // finding it held the customers still: their calls must be under way again
  process.kill(pid, 'SIGSTOP')
  try {
    await Promise.all([sleep(ms), meanwhile()])
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}
