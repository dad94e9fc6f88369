/**
 * The frame of every report: one file that needs nothing else. Its policy (CSP, by hash) lets only what stands here run and
 * dress the page, so that even a word that slipped through unescaped could do nothing.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Html, html, ownText } from './markup.ts'

const require = createRequire(import.meta.url)

export interface Page {
  title: string
  /** From the heading on. */
  body: Html
}

/** The whole file. */
export function pageHtml({ title, body }: Page): string {
  const style = `${read(require.resolve('uplot/dist/uPlot.min.css'))}\n${read(ownFile('page.css'))}`
  const script = `${read(require.resolve('uplot/dist/uPlot.iife.min.js'))}\n${read(ownFile('charts.js'))}`
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${ownText(style)}</style>
</head>
<body>
${body}<script>${ownText(script)}</script>
</body>
</html>
`.text
}

function ownFile(name: string): URL {
  return new URL(`page/${name}`, import.meta.url)
}

function read(path: string | URL): string {
  return readFileSync(path, 'utf8')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
