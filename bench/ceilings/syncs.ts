/**
 * The ceiling of the disk: appends a line and syncs it, one after the other, for as many seconds as it is told each time, and
 * tells how many a second it did. Argument: the file. Ends with its parent.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'

const file = openSync(process.argv[2]!, 'a')
const line = `${'1'.repeat(100)}\n`

process.on('message', ({ seconds }: { seconds: number }) => {
  const began = performance.now()
  let count = 0
  for (; performance.now() - began < seconds * 1000; count++) {
    writeSync(file, line)
    fdatasyncSync(file)
  }
  process.send?.({ perSecond: count / ((performance.now() - began) / 1000) })
})
process.on('disconnect', () => {
  closeSync(file)
  process.exit()
})
process.send?.({ port: 0 })
