/**
 * A result as a page for people: what it came to first, then its course, then every number. One file that needs no network
 * and nothing beside it.
 */
import type { Result } from '../load/result.ts'
import { courseHtml } from './course.ts'
import { countsHtml, errorsHtml, eventsHtml, processesHtml, secondsHtml, settingsHtml } from './details.ts'
import { distributionHtml } from './distribution.ts'
import { html } from './markup.ts'
import { timeText } from './numbers.ts'
import { outcomeHtml } from './outcome.ts'
import { pageHtml } from './page.ts'

export function reportHtml(result: Result): string {
  const what = `${result.command} of ${result.url}`
  const body = html`<header>
<h1>${result.command[0]?.toUpperCase()}${result.command.slice(1)} of ${result.url}</h1>
</header>
<main>
${outcomeHtml(result)}
${countsHtml(result)}
${eventsHtml(result)}
${courseHtml(result)}
${distributionHtml([{ name: '', result }])}
<div class="columns">
${errorsHtml(result)}
${processesHtml(result)}
</div>
${settingsHtml(result)}
${secondsHtml(result)}
</main>
`
  return pageHtml({ title: `${what}, ${timeText(result.startedAt)}`, body })
}
