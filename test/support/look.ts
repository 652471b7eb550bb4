import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { repository } from './command.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Pictures of pages, to be looked at: continuous integration keeps them. */
const pictures = join(repository, 'artifacts/pages')
const arePicturesTaken = Boolean(process.env.CI || process.env.EVENSTEP_SCREENSHOTS)

/** Axe's rules on colours: the only ones to check on paper. */
const ofColours = ['color-contrast', 'link-in-text-block']
/**
 * Axe's rules on colours and widths: the only ones to check on a narrow, dark page that was already checked when it was
 * wide and light. Colours do not depend on the width, nor sizes on the colours: so this covers all four combinations.
 */
export const ofShape: readonly string[] = [
  ...ofColours,
  'target-size',
  'scrollable-region-focusable',
  'meta-viewport',
]

const shapes = [
  { shape: 'light', media: 'screen', colorScheme: 'light', width: 1280 },
  { shape: 'dark-narrow', media: 'screen', colorScheme: 'dark', width: 390, rules: ofShape },
  { shape: 'print', media: 'print', colorScheme: 'dark', width: 794, rules: ofColours },
] as const

/** Returns what axe finds on a page, by all of its rules or by those that are named. */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe)
  const only = rules && { runOnly: { type: 'rule', values: rules } }
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...only })})`,
  )
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
  )
}

/**
 * Checks that axe finds nothing on a page, and that the page fits its width: wide and light, narrow (390 px) and
 * dark, and printed, where even a dark page is light. Takes pictures in continuous integration.
 */
export async function look(page: Page, name: string): Promise<void> {
  for (const { shape, media, colorScheme, width, ...only } of shapes) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ media, colorScheme })
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
    const rules = 'rules' in only ? only.rules : undefined
    expect(await violations(page, rules), `${name}, ${shape}`).toEqual([])
    expect(
      await page.evaluate('document.documentElement.scrollWidth - innerWidth'),
      `${name}, ${shape}`,
    ).toBeLessThanOrEqual(0)
    if (media === 'print')
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor'), name).toBe(
        'rgb(255, 255, 255)',
      )
    if (!arePicturesTaken) continue
    mkdirSync(pictures, { recursive: true })
    const path = join(pictures, `${name}-${shape}.jpeg`)
    await page.screenshot({ path, type: 'jpeg', quality: 70, fullPage: true })
  }
}
