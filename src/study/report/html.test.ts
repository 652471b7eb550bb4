import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findingsFixture, raceFixture, singleCellFixture } from '../../../test/study/findings-fixture.ts'
import { html } from './html.ts'

const executablePath = '/usr/bin/chromium'
/** Folder for pages that people can look at; git ignores it. */
const artifacts = join(import.meta.dirname, '../../../artifacts/report')
const checks = readFileSync(join(import.meta.dirname, '../../../test/study/page-checks.js'), 'utf8')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const reports = {
  whole: findingsFixture(),
  plain: findingsFixture({ normalizations: [] }),
  race: raceFixture(),
  single: singleCellFixture(),
}

describe.skipIf(!existsSync(executablePath))(`a report in ${executablePath}, where it is installed`, () => {
  let browser: Browser
  /** The page that all checks share, since each new page takes a second of CPU time to start and draw. */
  let page: Page

  beforeAll(async () => {
    rmSync(artifacts, { recursive: true, force: true })
    mkdirSync(artifacts, { recursive: true })
    for (const [name, findings] of Object.entries(reports)) {
      writeFileSync(join(artifacts, `${name}.html`), await html(findings))
    }
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
    // The report's security policy forbids scripts; it is bypassed for the checks, which run after the page has loaded.
    page = await browser.newPage({ bypassCSP: true })
  })
  afterAll(() => browser?.close())
  afterEach(() => page.removeAllListeners())

  /** Opens a report from disk. Returns a list to which its console messages, errors and requests are added. */
  async function open(
    name: keyof typeof reports,
    width: number,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<readonly string[]> {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme, media: null })
    const url = pathToFileURL(join(artifacts, `${name}.html`)).href
    const seen: string[] = []
    page.on('console', (message) => seen.push(`console: ${message.text()}`))
    page.on('pageerror', (error) => seen.push(`error: ${error.message}`))
    page.on('request', (request) => request.url() === url || seen.push(`request: ${request.url()}`))
    await page.goto(url)
    await page.addScriptTag({ content: checks })
    return seen
  }

  /** Axe's rules on colours: the only ones to check on a dark page that was already checked in light colours. */
  const ofColours = ['color-contrast', 'link-in-text-block']
  /** Axe's rules on colours and widths: the only ones to check on a narrow page that was already checked when wide. */
  const ofWidth = [...ofColours, 'target-size', 'scrollable-region-focusable', 'meta-viewport']

  test.each([
    ['whole', 1280, 'light'],
    ['whole', 1280, 'dark', ofColours],
    ['whole', 360, 'light', ofWidth],
    ['whole', 360, 'dark', ofColours],
    ['plain', 1280, 'light'],
    ['plain', 360, 'dark', ofWidth],
    ['race', 1280, 'light'],
    ['single', 1280, 'dark'],
    ['single', 360, 'light', ofWidth],
  ] as const)(
    '(%s, %i px, %s) asks for nothing, logs nothing, fits its width, and is accessible',
    async (name, width, scheme, rules?: readonly string[]) => {
      const seen = await open(name, width, scheme)
      expect(await page.evaluate('checks.overflow()')).toEqual([])
      await page.evaluate('checks.unfold()')
      expect(await page.evaluate('checks.overflow()')).toEqual([])
      await page.addScriptTag({ content: axe })
      expect(await page.evaluate(`checks.violations(${JSON.stringify(rules)})`)).toEqual([])
      expect(seen).toEqual([])
    },
  )

  test('opens by its own policy as well', async () => {
    const page = await browser.newPage()
    const seen: string[] = []
    page.on('console', (message) => seen.push(message.text()))
    await page.goto(pathToFileURL(join(artifacts, 'whole.html')).href)
    expect(seen).toEqual([])
    await expect(page.addScriptTag({ content: 'document.title = "changed"' })).rejects.toThrow(
      /Security Policy/,
    )
    await page.close()
  })

  test.each(['whole', 'plain', 'race', 'single'] as const)(
    '(%s) keeps the texts of its charts apart',
    async (name) => {
      await open(name, 1280)
      expect(await page.evaluate('checks.collisions()')).toEqual([])
    },
  )

  test('is dark in the dark, and light on paper even then', async () => {
    await open('whole', 1280, 'dark')
    expect(await page.evaluate('checks.background()')).toBe('rgb(21, 23, 27)')
    await page.emulateMedia({ media: 'print' })
    expect(await page.evaluate('checks.background()')).toBe('rgb(255, 255, 255)')
  })

  test('fits on paper, where what is folded and what links is left out', async () => {
    await open('whole', 688)
    await page.emulateMedia({ media: 'print' })
    expect(await page.evaluate('checks.overflow()')).toEqual([])
    expect(await page.locator('details:visible, nav:visible').count()).toBe(0)
    const path = join(artifacts, 'whole.pdf')
    const pdf = await page.pdf({ path, format: 'A4', printBackground: true })
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  })

  test('is read with the keyboard: each link, fold and frame is reached, and one sees where one is', async () => {
    await open('whole', 360)
    const stops = await page.locator('a, summary, .scroll:visible, pre').count()
    const reached: string[] = []
    for (let i = 0; i < stops; i++) {
      await page.keyboard.press('Tab')
      reached.push(await page.evaluate('checks.focus()'))
    }
    expect(new Set(reached).size).toBe(stops)
    expect(reached.filter((stop) => !stop.endsWith(' solid'))).toEqual([])
  })
})
