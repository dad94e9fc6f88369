/** Takes a folder's lock, says so, and holds it until it is killed. */
import { lockFolder } from '../folder-lock.ts'

await lockFolder(process.argv[2]!)
process.stdout.write('held')
setInterval(() => {}, 1000)
