/** The figures, for the owner: Prometheus text. */
import { type Check, Failed } from '../check.ts'
import { told } from '../expect.ts'
import { quoted } from '../words.ts'
import { askForOwner } from './owner.ts'

/** A line of https://prometheus.io/docs/instrumenting/exposition_formats/: a comment, or a name, labels and a number. */
const line = /^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? (\S+)( -?\d+)?)$/
/** As Go reads one, in whatever case. */
const number = /^([+-]?Inf|NaN|-?\d+(\.\d+)?(e[+-]?\d+)?)$/i

export const metrics: Check = {
  name: 'GET /metrics',
  routes: ['GET /metrics'],
  async run(shop) {
    const answer = await askForOwner(shop, '/metrics')
    const expected = '200 with figures as Prometheus text'
    if (answer.status !== 200) throw new Failed(expected, told(answer))
    if (!answer.headers['content-type']?.startsWith('text/plain'))
      throw new Failed(`${expected}, text/plain`, quoted(answer.headers['content-type'] ?? 'no content-type'))
    for (const text of answer.text.split('\n')) {
      const [, , , value] = line.exec(text) ?? []
      if (text !== '' && !(line.test(text) && (value === undefined || number.test(value))))
        throw new Failed(expected, `the line ${quoted(text)}`)
    }
    if (!/^http_requests_in_flight\b/m.test(answer.text))
      throw new Failed(`${expected}, with http_requests_in_flight`, told(answer))
  },
}
