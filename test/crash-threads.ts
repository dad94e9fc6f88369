/**
 * Loaded before a service (`NODE_OPTIONS=--import=…`): each of its HTTP threads dies of an uncaught error, some time after
 * its beginning that CRASH_SEED and its number choose.
 */
import { isMainThread, threadId } from 'node:worker_threads'
import { randomFrom } from '../storage/test/random.ts'

if (!isMainThread) {
  const random = randomFrom(Number(process.env.CRASH_SEED) + threadId)
  setTimeout(
    () => {
      throw new Error('planted')
    },
    1000 + random() * 2000,
  )
}
