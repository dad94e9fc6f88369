import t from 'tap'
import { defaultLimits, lingerMs } from '../limits.ts'

t.test('the limits are those that the design promises', async (t) => {
  const kibibyte = 1024
  t.strictSame(defaultLimits, {
    bodyBytesMax: 64 * kibibyte,
    headerBytesMax: 16 * kibibyte,
    headerFieldsMax: 100,
    uriBytesMax: 8 * kibibyte,
    headersTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
    replyTimeoutMs: 30_000,
    keepAliveTimeoutMs: 65_000,
    connectionsMax: 10_000,
    inFlightMax: 5_000,
    pipelinedMax: 10_000,
    unfinishedBytesMax: 64 * kibibyte * kibibyte,
    unreadBytesMax: 64 * kibibyte * kibibyte,
  })
  t.equal(lingerMs, 1_000)
})
