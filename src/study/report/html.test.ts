import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findingsFixture, raceFixture, singleCellFixture } from '../../../test/study/findings-fixture.ts'
import { hasChromium, openPage } from '../../../test/support/browser.ts'
import { ofShape, violations } from '../../../test/support/look.ts'
import { html } from './html.ts'

/** Folder for pages that people can look at; git ignores it. */
const artifacts = join(import.meta.dirname, '../../../artifacts/report')
const checks = readFileSync(join(import.meta.dirname, '../../../test/study/page-checks.js'), 'utf8')

const reports = {
  whole: findingsFixture(),
  plain: findingsFixture({ normalizations: [] }),
  race: raceFixture(),
  single: singleCellFixture(),
}

describe.skipIf(!hasChromium)('a report in Chromium, where it is installed', () => {
  /** The page that all checks share, since each new page takes a second of CPU time to start and draw. */
  let page: Page

  beforeAll(async () => {
    rmSync(artifacts, { recursive: true, force: true })
    mkdirSync(artifacts, { recursive: true })
    for (const [name, findings] of Object.entries(reports)) {
      writeFileSync(join(artifacts, `${name}.html`), await html(findings))
    }
    // The report's security policy forbids scripts; it is bypassed for the checks, which run after the page has loaded.
    page = await openPage('about:blank', { bypassCSP: true })
  })
  afterAll(() => page?.context().close())

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
    page.removeAllListeners()
    page.on('console', (message) => seen.push(`console: ${message.text()}`))
    page.on('pageerror', (error) => seen.push(`error: ${error.message}`))
    page.on('request', (request) => request.url() === url || seen.push(`request: ${request.url()}`))
    await page.goto(url)
    await page.addScriptTag({ content: checks })
    return seen
  }

  test.each(['whole', 'plain', 'race', 'single'] as const)(
    '(%s) asks for nothing, logs nothing, keeps the texts of its charts apart, fits its width, and is accessible',
    async (name) => {
      const seen = await open(name, 1280)
      expect(await page.evaluate('checks.collisions()')).toEqual([])
      expect(await page.evaluate('checks.overflow()')).toEqual([])
      await page.evaluate('checks.unfold()')
      expect(await page.evaluate('checks.overflow()')).toEqual([])
      expect(await violations(page)).toEqual([])
      await page.setViewportSize({ width: 360, height: 900 })
      await page.emulateMedia({ colorScheme: 'dark' })
      expect(await page.evaluate('checks.overflow()')).toEqual([])
      expect(await violations(page, ofShape)).toEqual([])
      await page.evaluate('checks.fold()')
      expect(await page.evaluate('checks.overflow()')).toEqual([])
      expect(seen).toEqual([])
    },
  )

  test('opens by its own policy as well', async () => {
    const page = await openPage('about:blank')
    const seen: string[] = []
    page.on('console', (message) => seen.push(message.text()))
    await page.goto(pathToFileURL(join(artifacts, 'whole.html')).href)
    expect(seen).toEqual([])
    await expect(page.addScriptTag({ content: 'document.title = "changed"' })).rejects.toThrow(
      /Security Policy/,
    )
    await page.close()
  })

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
