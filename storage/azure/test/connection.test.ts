/** What is taken for a connection string, and that nobody is shown one. */
import t from 'tap'
import { StartError } from '../../../errors.ts'
import { connect } from '../connection.ts'
import { emulatorKey, emulatorString } from './fake-tables.ts'

t.test('connection strings as Azure and emulators give them are taken', async (t) => {
  for (const [text, url] of [
    [
      `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${emulatorKey};TableEndpoint=https://shop.table.cosmos.azure.com:443/;`,
      'https://shop.table.cosmos.azure.com:443',
    ],
    [
      `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${emulatorKey};EndpointSuffix=core.windows.net`,
      'https://shop.table.core.windows.net',
    ],
    ['TableEndpoint=https://shop.table.core.windows.net/;SharedAccessSignature=sv=2020&sig=x', /shop.table.core/],
    [emulatorString(10002), 'http://127.0.0.1:10002/devstoreaccount1'],
    ['UseDevelopmentStorage=true', 'http://127.0.0.1:10002/devstoreaccount1'],
  ] as const)
    t.match(connect(text, 'Carts').url, url)
})

t.test('anything else stops the start with what to write, and without what was written', async (t) => {
  for (const text of [
    '',
    'rubbish',
    `AccountKey=${emulatorKey}`,
    `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${emulatorKey}`,
    `DefaultEndpointsProtocol=https;AccountKey=${emulatorKey};EndpointSuffix=core.windows.net`,
    `DefaultEndpointsProtocol=ftp;AccountName=shop;AccountKey=${emulatorKey};EndpointSuffix=core.windows.net`,
    'DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=no key!;EndpointSuffix=core.windows.net',
    `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${emulatorKey};TableEndpoint=shop`,
    'TableEndpoint=https://shop.table.core.windows.net/;SharedAccessSignature=',
  ])
    try {
      connect(text, 'Carts')
      t.fail(`${text} was taken`)
    } catch (error) {
      t.type(error, StartError)
      const { message, cause } = error as StartError
      t.match(message, /^the setting AZURE_COSMOS_CONNECTION_STRING must be/)
      t.notOk(message.includes('shop') || message.includes(emulatorKey) || cause !== undefined, message)
    }
})
