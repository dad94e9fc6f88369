/**
 * Opens reports in a real browser, narrow and wide, light, dark and on paper, and says what is wrong with them: script
 * errors, anything fetched, anything that axe finds, a page wider than the window, a chart without a picture.
 *
 *     node client/report/test/browser.ts [file.html…] [--screenshots FOLDER]
 *
 * Without a file it makes reports of its own. Exit code 1 when a check failed, 2 where there is no browser.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import { pages } from './samples.ts'

const executablePath = '/usr/bin/chromium'
const quietly = [
  ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  ...['--disable-sync', '--no-first-run'],
]
/** Paper is A4 within its margins. */
const looks = [
  { width: 400, look: 'light' },
  { width: 400, look: 'dark' },
  { width: 1400, look: 'light' },
  { width: 1400, look: 'dark' },
  { width: 688, look: 'paper' },
] as const
const axeScript = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** In the page: charts whose canvas holds fewer colours than axes and a line need, unless they say that nothing was measured. */
const emptyCharts = `() => [...document.querySelectorAll('.plot')].flatMap((plot) => {
  const name = plot.getAttribute('aria-label').slice(0, 60)
  const canvas = plot.querySelector('canvas')
  if (canvas === null) return plot.textContent === 'Nothing was measured.' ? [] : [name + ': no canvas']
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })
  copy.drawImage(canvas, 0, 0)
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height)
  const wanted = getComputedStyle(plot.parentElement.querySelector('.legend svg')).color.match(/\\d+/g).map(Number)
  let drawn = 0
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 200 && wanted.every((part, j) => Math.abs(data[i + j] - part) < 12)) drawn++
  return drawn < 20 ? [name + ': ' + drawn + ' pixels of its first line'] : []
})`

const wideCharts = `() => [...document.querySelectorAll('.plot canvas')].flatMap((canvas) =>
  canvas.getBoundingClientRect().right > innerWidth + 1 ? [canvas.getBoundingClientRect().right + ' of ' + innerWidth] : [])`

const { values, positionals } = parseArgs({ allowPositionals: true, options: { screenshots: { type: 'string' } } })
let [checks, failed] = [0, 0]

if (!existsSync(executablePath)) {
  console.error(`There is no ${executablePath}; install Chromium to look at reports with it.`)
  process.exit(2)
}
const folder = mkdtempSync(`${tmpdir()}/report-browser-`)
const browser = await chromium.launch({ executablePath, args: quietly })
try {
  for (const file of positionals.length > 0 ? positionals : madeReports()) await checkReport(browser, resolve(file))
} finally {
  await browser.close()
  rmSync(folder, { recursive: true })
}
console.log(`${checks} checks, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

function madeReports(): string[] {
  return Object.entries(pages).map(([name, make]) => {
    writeFileSync(`${folder}/${name}.html`, make())
    return `${folder}/${name}.html`
  })
}

async function checkReport(browser: Browser, file: string): Promise<void> {
  for (const { width, look } of looks) {
    const name = `${width}-${look}`
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: look === 'dark' ? 'dark' : 'light',
    })
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', ({ message }) => faults.push(message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text())
    })
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    if (look === 'paper') await page.emulateMedia({ media: 'print' })
    await page.goto(pathToFileURL(file).href)
    await page.waitForTimeout(150)
    await checkPage(page, (what, wrong) => check(`${basename(file)} at ${name}: ${what}`, wrong))
    const folder = values.screenshots
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true })
      await page.screenshot({ path: `${folder}/${basename(file, '.html')}-${name}.png`, fullPage: true })
      if (look === 'paper') await page.pdf({ path: `${folder}/${basename(file, '.html')}.pdf`, format: 'A4' })
    }
    if (look === 'dark' && width === 1400)
      await checkChanges(page, (what, wrong) => check(`${basename(file)}: ${what}`, wrong))
    check(`${basename(file)} at ${name}: no script error`, faults)
    check(`${basename(file)} at ${name}: nothing is fetched`, asked.slice(1))
    await context.close()
  }
}

async function checkPage(page: Page, told: (what: string, wrong: string[]) => void): Promise<void> {
  told(
    'no word has run',
    ((await page.evaluate('window.broken === undefined')) as boolean) ? [] : ['window.broken is set'],
  )
  const overflow = (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number
  told('the page is as wide as its window', overflow > 0 ? [`${overflow} pixels more`] : [])
  told('every chart has a picture', (await page.evaluate(`(${emptyCharts})()`)) as string[])
  told('nothing sticks out of its chart', (await page.evaluate(`(${wideCharts})()`)) as string[])
  // By evaluation, since the page's policy rightly runs no script that is added to it.
  await page.evaluate(axeScript)
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
  }
  told(
    'axe finds nothing',
    violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)} ${nodes[0]!.failureSummary}`),
  )
}

/** What a reader does with an open page: another theme, a line taken away, paper, a narrow window. */
async function checkChanges(page: Page, told: (what: string, wrong: string[]) => void): Promise<void> {
  const faults = async () => (await page.evaluate(`(${emptyCharts})()`)) as string[]
  const ground = async () => (await page.evaluate('getComputedStyle(document.body).backgroundColor')) as string
  const groundIsNot = async (wanted: string) => ((await ground()) === wanted ? [] : [`on ${await ground()}`])
  const dark = await ground()
  await page.emulateMedia({ colorScheme: 'light' })
  await page.waitForTimeout(50)
  told('a change to light draws anew', await faults())
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.evaluate('dispatchEvent(new Event("beforeprint"))')
  await page.waitForTimeout(50)
  told('it prints as light', [...(await faults()), ...(await groundIsNot('rgb(255, 255, 255)'))])
  const widths = `[...document.querySelectorAll('.plot canvas')].map((canvas) => canvas.getBoundingClientRect().width)`
  const onPaper = (await page.evaluate(widths)) as number[]
  told('it prints as wide as paper', onPaper.every((width) => width === 680) ? [] : [onPaper.join(' ')])
  await page.evaluate('dispatchEvent(new Event("afterprint"))')
  await page.setViewportSize({ width: 400, height: 900 })
  await page.waitForTimeout(50)
  told('after printing it is dark again', [...(await faults()), ...(await groundIsNot(dark))])
  told('nothing sticks out of a narrowed window', (await page.evaluate(`(${wideCharts})()`)) as string[])
  const lines = page.locator('.legend button')
  if ((await page.locator('.plot canvas').count()) === 0) return
  for (const line of await lines.all()) await line.click()
  await page.waitForTimeout(50)
  const left = await faults()
  told(
    'lines that were taken away are gone',
    left.length === onPaper.length ? [] : [`${left.length} of ${onPaper.length}`],
  )
}

function check(what: string, wrong: readonly string[]): void {
  checks += 1
  if (wrong.length === 0) return
  failed += 1
  console.log(`failed: ${what}`)
  for (const each of wrong.slice(0, 5)) console.log(`    ${each}`)
}
