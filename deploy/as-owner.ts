/**
 * `node deploy/as-owner.ts catalog`: a service in a container runs as whoever owns its mounted data folder, so that its files
 * belong to that person outside too. Begun as root with no capability but to change its user; everything else is dropped
 * before any of the service's code is loaded.
 */
import { statSync } from 'node:fs'

const service = process.argv[2]!
const folder = `${process.env.DATA_DIR}/${service}`
if (process.getuid?.() === 0) {
  const { uid, gid } = statSync(folder)
  process.setgroups!([])
  process.setgid!(gid)
  process.setuid!(uid)
}
await import(`../${service}/main.ts`)
