/** The same shop in PostgreSQL: ten toys, and a purchase as one statement, which is one transaction. */
import { spawnSync } from 'node:child_process'
import type { ClientConfig, QueryConfig } from 'pg'
import { piecesEach, toys } from '../shop.ts'

export const connection = (port: number): ClientConfig => ({
  host: '127.0.0.1',
  port,
  user: 'postgres',
  password: 'postgres',
  database: 'postgres',
})

export const tables = `
  CREATE TABLE toys (id int PRIMARY KEY, name text UNIQUE NOT NULL, price numeric(10, 2) NOT NULL, quantity bigint NOT NULL);
  CREATE TABLE orders (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL, quantity int NOT NULL, price numeric(10, 2) NOT NULL, placed_at timestamptz NOT NULL
  );
  INSERT INTO toys VALUES ${toys.map((name, at) => `(${at + 1}, '${name}', 25.99, ${piecesEach})`).join(', ')};`

/** `toy` as the statement's language has a parameter. No stock, no row. */
export const purchaseOf = (toy: string): string =>
  `WITH sold AS (UPDATE toys SET quantity = quantity - 1 WHERE id = ${toy} AND quantity >= 1 RETURNING name, price) ` +
  'INSERT INTO orders (name, quantity, price, placed_at) SELECT name, 1, price, now() FROM sold RETURNING number'

export const prepared = (toy: number): QueryConfig => ({ name: 'purchase', text: purchaseOf('$1'), values: [toy] })

/** For pgbench. */
export const pgbenchScript = `\\set toy random(1, ${toys.length})\n${purchaseOf(':toy')};\n`

export const hasPgbench = spawnSync('pgbench', ['--version']).error === undefined

/** Of pgbench. Throws where the text is not its. */
export function readPgbench(text: string): { perSecond: number; failed: number } {
  const perSecond = /^tps = ([\d.]+) \(without initial connection time\)$/m.exec(text)?.[1]
  if (perSecond === undefined) throw new Error(`pgbench's output is not understood:\n${text}`)
  return { perSecond: Number(perSecond), failed: Number(/^number of failed transactions: (\d+)/m.exec(text)?.[1] ?? 0) }
}

/** Per toy: what was there at the start = what is there now + what was ordered. Gives the toys for which that is wrong. */
export const wrongBooks = `
  SELECT toys.name FROM toys LEFT JOIN (SELECT name, sum(quantity) AS sold FROM orders GROUP BY name) AS gone USING (name)
  WHERE toys.quantity + coalesce(sold, 0) <> ${piecesEach}`
