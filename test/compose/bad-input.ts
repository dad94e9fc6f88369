/** What people do wrong with containers. Each part is given a project that is up, and leaves it up, with nothing lost. */
import { once } from 'node:events'
import { chmodSync, chownSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { ask } from '../ask.ts'
import { buy } from '../store.ts'
import { type Project, services } from './project.ts'

/** `compose up` in a shop that is up changes nothing; over the same files under another name it is told so, and the first goes on. */
export async function startedTwice(project: Project): Promise<string[]> {
  const wrong: string[] = []
  const ids = services.map((service) => project.id(service)).join()
  project.run('up', '-d')
  if (services.map((service) => project.id(service)).join() !== ids) wrong.push('a second up made other containers')

  const beside = await project.beside()
  try {
    const { status } = beside.try('up', '-d')
    if (status === 0) wrong.push('a second project over the same files came up')
    const log = beside.try('logs', 'catalog').output
    if (!/data\/catalog is in use by another store/.test(log)) wrong.push(`a second project is not told why:\n${log}`)
  } finally {
    beside.run('down', '--rmi', 'local')
  }
  await project.open()
  return wrong
}

/** The engine says that the port is taken; when it is free, the same command brings the shop up. */
export async function portInUse(project: Project): Promise<string[]> {
  const wrong: string[] = []
  project.run('down')
  const server = createServer().listen(project.port)
  await once(server, 'listening')
  const { status, output } = project.try('up', '-d')
  server.close()
  if (status === 0 || !/address already in use|port is already allocated/.test(output))
    wrong.push(`a port in use: exit code ${status}\n${output}`)
  project.run('up', '-d')
  await project.open()
  return wrong
}

/** The order service names its folder and what to do; nothing is written; made writable, the shop comes up by itself. */
export async function notWritable(project: Project): Promise<string[]> {
  const wrong: string[] = []
  project.run('down')
  const folder = `${project.data}/order`
  const before = readFileSync(`${folder}/orders.csv`, 'utf8')
  chmodSync(folder, 0o555)
  const { status } = project.try('up', '-d')
  if (status === 0) wrong.push('a folder that is not writable came up')
  const log = project.try('logs', 'order').output
  if (!/\/data\/order cannot be locked .*is it writable\?/.test(log))
    wrong.push(`a folder that is not writable is not told:\n${log}`)
  if (readFileSync(`${folder}/orders.csv`, 'utf8') !== before) wrong.push('orders.csv changed in it')
  chmodSync(folder, 0o755)
  project.run('up', '-d')
  await project.open()
  return wrong
}

/** The original's own files in the mounted folders: its toys are sold, its orders are there, numbers go on behind them. */
export async function originalFiles(project: Project, owner: number): Promise<string[]> {
  const wrong: string[] = []
  project.run('down')
  for (const service of ['catalog', 'payment', 'cart', 'order'])
    for (const name of readdirSync(`${project.data}/${service}`))
      if (name !== '.gitkeep') rmSync(`${project.data}/${service}/${name}`)
  const files = [
    ['catalog/toys_db.csv', 'name,stock,price\nTux,100000,25.99\nWhale,3,34.99\n'],
    ['order/orders.csv', 'order_no,name,quantity,price\n0,Tux,5,15.99\n1,Whale,2,34.99\n'],
  ] as const
  for (const [path, text] of files) {
    writeFileSync(`${project.data}/${path}`, text)
    chownSync(`${project.data}/${path}`, owner, owner)
  }
  project.run('up', '-d')
  await project.open()
  const old = (await ask(`${project.url}/orders/1`)).body as { data?: { name: string } }
  if (old.data?.name !== 'Whale') wrong.push(`order 1 of the original is ${JSON.stringify(old)}`)
  const bought = (await buy(project.url, { name: 'Whale', quantity: 3 })).body as { data?: { order_number: number } }
  if (!((bought.data?.order_number ?? 0) > 2)) wrong.push(`behind the original's orders came ${JSON.stringify(bought)}`)
  return wrong
}
