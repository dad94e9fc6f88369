import t from 'tap'
import { codes, StoreError } from '../../errors.ts'
import { errorBody, errorFromBody, statusOf } from '../status.ts'

t.test('every error comes out of its body as it went in', async (t) => {
  for (const code of codes) {
    const error = new StoreError(code, `about ${code}`, { details: { key: 'k' } })
    const body: unknown = JSON.parse(JSON.stringify(errorBody(error)))
    t.match(body, { error: { code: statusOf[code], reason: code, message: `about ${code}`, key: 'k' } })
    const back = errorFromBody(body)
    t.same([back.code, back.message, back.details], [code, `about ${code}`, { key: 'k' }])
  }
})

t.test('nothing of an error that is not ours goes outside', async (t) => {
  for (const error of [new Error('secret'), 'secret', undefined, { code: 'not_found', message: 'secret' }])
    t.same(errorBody(error), { error: { code: 500, reason: 'internal', message: 'internal error' } })
})

t.test('a body that is no error of ours leaves the outcome unknown', async (t) => {
  const bodies = [
    undefined,
    null,
    'x',
    [],
    {},
    { error: 'no' },
    { error: { reason: 'melted', message: 'm' } },
    { error: { reason: 'conflict' } },
    { error: { reason: 'toString', message: 'm' } },
  ]
  for (const body of bodies) t.match(errorFromBody(body), { code: 'outcome_unknown', message: /unreadable/ })
})
