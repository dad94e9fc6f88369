import t from 'tap'
import { StoreError } from '../../errors.ts'
import { checkOwner, purchaseFailure } from '../frontend.ts'

const visitor = (remoteAddress: string, headers: Record<string, string> = {}) => ({
  remoteAddress,
  header: (name: string) => ({ host: 'localhost:8080', ...headers })[name],
})

t.test('without a token the owner is who comes from the machine itself', async (t) => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])
    t.doesNotThrow(() => checkOwner(visitor(address), undefined), address)
  for (const address of [
    '10.0.0.1',
    '192.168.1.5',
    '::ffff:10.0.0.1',
    '2001:db8::1',
    '1127.0.0.1',
    '127.0.0.1.example',
    '',
  ])
    t.throws(() => checkOwner(visitor(address), undefined), { code: 'forbidden' }, address)
  for (const header of ['forwarded', 'x-forwarded-for'])
    t.throws(() => checkOwner(visitor('127.0.0.1', { [header]: '' }), undefined), { code: 'forbidden' }, header)
})

t.test('with a token the owner is who carries it, from anywhere', async (t) => {
  const far = (authorization: string) => visitor('203.0.113.9', { authorization, forwarded: 'for=x' })
  t.doesNotThrow(() => checkOwner(far('Bearer owner-owner'), 'owner-owner'))
  for (const given of ['', 'owner-owner', 'Bearer owner-owneR', 'Bearer owner-owner ', 'Basic owner-owner'])
    t.throws(() => checkOwner(far(given), 'owner-owner'), { code: 'unauthorized' }, given)
  t.throws(() => checkOwner(visitor('127.0.0.1'), 'owner-owner'), { code: 'unauthorized' }, 'loopback is not enough')
})

t.test("another site's page is refused, its own is not", async (t) => {
  const from = (origin: string) => visitor('127.0.0.1', { origin, host: '127.0.0.1:8080' })
  t.doesNotThrow(() => checkOwner(from('http://127.0.0.1:8080'), undefined))
  for (const origin of ['http://evil.example:8080', 'http://127.0.0.1', 'null', '', '127.0.0.1:8080'])
    t.throws(() => checkOwner(from(origin), undefined), { code: 'forbidden' }, origin)
})

t.test('only an unknown outcome is told with its key', async (t) => {
  const unknown = purchaseFailure(new StoreError('outcome_unknown', 'a neighbour is silent'), 'key-1')
  t.match(unknown, { code: 'outcome_unknown', details: { idempotency_key: 'key-1' }, message: /same Idempotency-Key/ })
  for (const error of [new StoreError('out_of_stock', 'no'), new StoreError('unavailable', 'no'), new Error('bug')])
    t.equal(purchaseFailure(error, 'key-1'), error)
})

t.test("a page whose own name leads to this machine is another site's page", async (t) => {
  for (const host of ['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080'])
    t.doesNotThrow(() => checkOwner(visitor('127.0.0.1', { host }), undefined), host)
  for (const host of ['evil.example:8080', 'localhost.evil.example', '', '127.0.0.1.evil.example'])
    t.throws(() => checkOwner(visitor('127.0.0.1', { host }), undefined), { code: 'forbidden' }, host)
})
