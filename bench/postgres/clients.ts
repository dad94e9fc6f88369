/**
 * Clients of PostgreSQL where there is no pgbench. Arguments: the port, how many, for how many seconds, the statement. Prints
 * a JSON line: answers, seconds, failed.
 */
import pg from 'pg'
import { connection, prepared } from './shop.ts'

const [port, clients, seconds] = process.argv.slice(2).map(Number) as [number, number, number]
const until = { at: 0 }
let [answers, failed] = [0, 0]

const buyers = Array.from({ length: clients }, () => new pg.Client(connection(port)))
await Promise.all(buyers.map((buyer) => buyer.connect()))
const began = performance.now()
until.at = began + seconds * 1000
await Promise.all(
  buyers.map(async (buyer) => {
    while (performance.now() < until.at) {
      try {
        const { rowCount } = await buyer.query(prepared(1 + Math.floor(Math.random() * 10)))
        if (rowCount === 1) answers += 1
        else failed += 1
      } catch {
        failed += 1
      }
    }
  }),
)
const took = (performance.now() - began) / 1000
await Promise.all(buyers.map((buyer) => buyer.end()))
console.log(JSON.stringify({ answers, seconds: took, failed }))
