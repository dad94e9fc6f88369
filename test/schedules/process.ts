/** A process of the exploration: one task after the other, as its parent sends them. */
import './small-index.ts'
import type { Task } from './tasks.ts'

const { perform } = await import('./tasks.ts') // only now: what it imports must be loaded behind the hook
const { hearRejections } = await import('./world.ts')
hearRejections()
Error.stackTraceLimit = 0 // errors are answers here, many of them

process.once('disconnect', () => process.exit()) // its parent is gone
process.on('message', (task: Task) => {
  void perform(task).then((found) => process.send!(found))
})
