/** Every figure of the benchmark: what must be reached, what is aimed at, and how it is measured. */

export interface Figure {
  title: string
  /** As a ratio; none where the figure only tells something of the machine. */
  must?: number
  aim?: number
  /** Which way is good. */
  wanted: 'high' | 'low'
  how: string
}

const high = (title: string, must: number, aim: number, how: string): Figure => ({
  title,
  must,
  aim,
  wanted: 'high',
  how,
})
const low = (title: string, must: number, aim: number, how: string): Figure => ({
  title,
  must,
  aim,
  wanted: 'low',
  how,
})

export const figures = {
  fdatasync: {
    title: 'fdatasync a second',
    wanted: 'high',
    how: 'one process, one line appended and synced after the other, in the folder of the stores',
  },
  'reads-64': high(
    'GET /products/<name> ÷ bare echo, 64 connections',
    0.85,
    0.95,
    'answers a second ÷ those of a bare node:http server with the same body',
  ),
  'purchases-256': high(
    'POST /orders ÷ bare echo, 256 connections',
    0.5,
    0.8,
    'purchases a second ÷ answers a second of a bare node:http server that parses the same JSON and answers it',
  ),
  'cpu-256': low(
    "CPU seconds per purchase ÷ bare echo's, 256 connections",
    4,
    2.5,
    "user and system time of all the store's processes ÷ purchases, in the rounds of purchases-256, by the echo's",
  ),
  'p99-256': low("a purchase's p99 ÷ bare echo's, 256 connections", 5, 2.5, 'in the rounds of purchases-256'),
  'purchases-64': high('POST /orders ÷ bare echo, 64 connections', 0.3, 0.55, 'as purchases-256'),
  'checkouts-256': high(
    'a checkout ÷ bare echo, 256 connections',
    0.25,
    0.45,
    'checkouts a second of drafts of two items, made beforehand, each by a customer ÷ answers a second of the echo of purchases-256',
  ),
  'customers-256': high(
    'POST /orders with a user ÷ without, 256 connections',
    0.6,
    0.85,
    'purchases a second that are paid by a thousand customers in turn ÷ those that nobody pays by credit, in one store',
  ),
  'customers-p50': low("a customer's purchase's p50 ÷ another's, one connection", 1.3, 1.1, 'in one store, by turns'),
  'cart-adds-256': high(
    'an item added to a cart ÷ bare echo, 256 connections',
    0.5,
    0.7,
    'POST /items/<customer>/<item> a second, drawn from 100,000 customers ÷ answers a second of the echo of purchases-256 to the same requests',
  ),
  'cart-adds-p50': low(
    'p50 of an item added, one connection ÷ two bare hops + one fdatasync',
    1.5,
    1.3,
    'a chain of two bare node:http servers, of which the first calls the second by undici, and that one appends a line and syncs it',
  ),
  'sync-256': high(
    'POST /orders with fdatasync ÷ without, 256 connections',
    0.8,
    0.95,
    'two stores by the same start program, one on a file system whose syncs do nothing',
  ),
  'one-p50': low(
    'p50 of one purchase, one connection ÷ three bare hops + two fdatasyncs',
    2,
    1.3,
    'a chain of three bare node:http servers that call the next by undici, of which two append a line and sync it',
  ),
  'threads-purchases': high('THREADS=2 ÷ THREADS=1, purchases', 0.85, 1, 'purchases a second at 256 connections'),
  'threads-reads': high('THREADS=2 ÷ THREADS=1, reads', 0.85, 1, 'GET /products/<name> a second at 64 connections'),
  'error-404': high(
    '404 ÷ success, reads',
    0.8,
    1,
    'GET of a toy that is not there ÷ GET of one that is, 64 connections',
  ),
  'error-409': high('409 ÷ success, purchases', 0.8, 1, 'purchases of a sold-out toy ÷ purchases, 64 connections'),
  'error-400': high('400 ÷ success, purchases', 0.8, 1, 'purchases of no pieces ÷ purchases, 64 connections'),
  'orders-purchases': high('many orders ÷ 1,000 orders, purchases', 0.85, 1, 'purchases a second at 64 connections'),
  'orders-lookups': high(
    'many orders ÷ 1,000 orders, look-ups',
    0.85,
    1,
    'GET /orders/<n> at random a second, 64 connections',
  ),
  'orders-pages': high(
    'many orders ÷ 1,000 orders, pages',
    0.85,
    1,
    'GET /orders?before=<n> at random a second, 50 orders each, 64 connections',
  ),
  'orders-start': low(
    'many orders ÷ 1,000 orders, time to start',
    1.3,
    1,
    'from the start of the program until it says that it is open',
  ),
  'orders-first': {
    title: 'the same, to the first purchase',
    wanted: 'low',
    how: 'from the start of the program until a purchase is answered: it waits until the last keys are read',
  },
  'orders-memory': low(
    'many orders ÷ 1,000 orders, resident memory',
    1.2,
    1,
    "all the store's processes, after each round of purchases",
  ),
  postgres: high(
    "purchases ÷ PostgreSQL's one-statement purchase, 64 clients, ten hot toys",
    3,
    6,
    'one UPDATE … WHERE quantity >= 1 with the INSERT of the order, prepared, synchronous_commit on, over TCP',
  ),
  'client-rate': high(
    "the load client's requests ÷ wrk's, 64 connections",
    0.5,
    0.7,
    '`load` with two processes ÷ wrk with one thread, against the same bare server',
  ),
  'client-p99': low(
    "error of the load client's p99",
    0.05,
    0.02,
    'against what the bare server took, which waits 20 ms, and 200 ms one time in 50; closed, 16 clients',
  ),
  'client-p99-open': low('the same, open load', 0.05, 0.02, '300 arrivals a second'),
} as const satisfies Record<string, Figure>

export type FigureName = keyof typeof figures

export const figureNames = Object.keys(figures) as FigureName[]
