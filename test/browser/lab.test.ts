import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { train } from 'evenstep'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { experiments } from '../../pages/lab/guided.ts'
import { toHash } from '../../pages/lab/link.ts'
import { checkedSetting, defaultNet, type Setting } from '../../pages/lab/setting.ts'
import { hasChromium, type Served, serveFolder } from '../support/browser.ts'
import { commandIn, repository } from '../support/command.ts'

const pages = join(repository, 'pages')
const isInstalled = existsSync(join(pages, 'node_modules'))
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Where screenshots are kept to be looked at, if anywhere. */
const screenshots = process.env.EVENSTEP_SCREENSHOTS

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })
const address = (setting: Partial<Setting>): string => `lab/index.html${toHash(checkedSetting(setting))}`

async function trained(page: Page): Promise<void> {
  await button(page, 'Train').click()
  await button(page, 'Pause').waitFor()
  await button(page, 'Train').waitFor()
}

async function download(page: Page, name: string): Promise<string> {
  const started = page.waitForEvent('download')
  await button(page, name).click()
  return readFileSync(await (await started).path(), 'utf8')
}

/** Returns the losses in the lab's table, by net. */
function lossesIn(csv: string): number[][] {
  const [head, ...rows] = csv
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  return head!.slice(1).map((_, net) => rows.map((row) => Number(row[net + 1])))
}

const faults = async (page: Page): Promise<unknown[]> => {
  await page.evaluate(readFileSync(axe, 'utf8'))
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    'axe.run()',
  )
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
}

describe.skipIf(!hasChromium || !(isInstalled || process.env.CI))(
  'the lab in Chromium, where pages are installed',
  () => {
    const site = mkdtempSync(join(tmpdir(), 'evenstep-lab-'))
    const { folder, evenstep } = commandIn('evenstep-lab-runs-')
    let served: Served

    const open = async (setting: Partial<Setting>): Promise<Page> => {
      const page = await served.open(address(setting))
      page.setDefaultTimeout(60_000)
      return page
    }

    beforeAll(async () => {
      const run = (...args: readonly string[]) => execFileSync('npm', args, { cwd: pages, stdio: 'ignore' })
      if (!isInstalled) run('ci', '--ignore-scripts', '--no-audit', '--no-fund')
      run('run', 'build', '--', '--outDir', site, '--emptyOutDir')
      served = await serveFolder(site)
    })
    afterAll(async () => {
      await served?.close()
      rmSync(site, { recursive: true })
    })

    /** Trains the experiment files that the page offers, and returns the losses of each. */
    async function trainedFiles(page: Page, names: readonly string[], run: string): Promise<number[][]> {
      const losses: number[][] = []
      for (const name of names) {
        writeFileSync(
          join(folder, `lab-${name}.ts`),
          await download(page, `Experiment file ${name.toUpperCase()}`),
        )
        const { err, code } = await evenstep(
          'train',
          `lab-${name}.ts`,
          '--device',
          'wasm',
          '--out',
          `${run}-${name}`,
        )
        expect([err, code]).toEqual(['', 0])
        losses.push(Array.from(train.readSteps(join(folder, `${run}-${name}`))!.losses))
      }
      return losses
    }

    test('a net reads 95 % of the digits, and experiment files give the losses to the bit', async () => {
      const page = await open({ steps: 1500 })
      await trained(page)
      const text = (await page.locator('.progress li').first().textContent())!
      expect(Number(/([\d.]+) % right/.exec(text)![1])).toBeGreaterThan(95)
      expect(lossesIn(await download(page, 'Losses'))).toEqual(await trainedFiles(page, ['a', 'b'], 'plain'))
    })

    test('nets are changed while they train: the link, the next training and the files repeat it to the bit', async () => {
      const page = await open({ steps: 2000, nets: [defaultNet, { ...defaultNet, depth: 2 }] })
      await button(page, 'Train').click()
      await page.getByText(/^A \d.* steps/).waitFor()
      await button(page, 'Pause').click()
      const changes = (name: string): Locator =>
        page.getByRole('group', { name: `Change net ${name} while it trains` })
      const [a, b] = [changes('A'), changes('B')]
      await a.getByRole('button', { name: 'Rate × 2' }).click()
      await b.getByRole('button', { name: 'Freeze BN' }).click()
      await page.getByText(/from step [\d,]+: rate × 2/).waitFor()
      await page.getByText(/from step [\d,]+: batch normalization frozen/).waitFor()
      await button(page, 'Continue').click()
      await a.getByRole('button', { name: 'Decay → rate' }).click()
      await b.getByRole('button', { name: 'No decay' }).click()
      await button(page, 'Train').waitFor()
      const losses = lossesIn(await download(page, 'Losses'))
      expect(await trainedFiles(page, ['a', 'b'], 'changed')).toEqual(losses)
      const again = await served.open(`lab/index.html${new URL(page.url()).hash}`)
      await trained(again)
      expect(lossesIn(await download(again, 'Losses'))).toEqual(losses)
    })

    test('each data set trains, and its file lies beside the experiment file', async () => {
      const nets = [{ ...defaultNet, width: 20 }]
      for (const data of ['spirals', 'dna', 'heartbeats']) {
        const page = await open({ data, steps: 60, nets })
        await trained(page)
        const file = page.locator('.keep a')
        const started = page.waitForEvent('download')
        await file.click()
        await (await started).saveAs(join(folder, (await file.textContent())!.trim()))
        expect(await trainedFiles(page, ['a'], data)).toEqual(lossesIn(await download(page, 'Losses')))
        await page.close()
      }
    })

    test('the keyboard alone trains an experiment, pauses it, draws a schedule and stops', async () => {
      const page = await open({ steps: 100_000, nets: [defaultNet] })
      const drawing = page.getByRole('slider')
      await drawing.focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('ArrowDown')
      expect(await page.getByLabel('Schedule of net A as text').inputValue()).toMatch(
        /^piecewiseLinear\(\[\[0%, 1\]/,
      )
      expect(await drawing.getAttribute('aria-valuetext')).toBe('89 % of the rate after 5 % of the steps')
      await button(page, 'Train').focus()
      await page.keyboard.press('Enter')
      await page.getByText(/^A \d.* steps/).waitFor()
      await button(page, 'Pause').focus()
      await page.keyboard.press('Enter')
      await button(page, 'Continue').waitFor()
      await button(page, 'Stop').focus()
      await page.keyboard.press('Space')
      await button(page, 'Train').waitFor()
      expect(page.url()).toContain('piecewiseLinear')
    })

    test('what is entered wrongly is said where it is, and a link that is wrong in words', async () => {
      const page = await open({ nets: [defaultNet] })
      await page.getByLabel('Batch size').fill('1')
      await page.getByLabel('Batch size').press('Tab')
      await page.getByText('wanted an integer from 2 to 1024').waitFor()
      await page.getByLabel('Schedule of net A as text').fill('cosin 1 to 0')
      await page.getByText(/wanted .* got .*cosin/).waitFor()
      await page.goto(`${page.url().split('#')[0]}#%7B'steps':1%7D`)
      await page.reload()
      expect(await page.getByRole('alert').textContent()).toBe(
        'lab: wanted steps as an integer from 10 to 100000, got 1. The page shows its first setting instead.',
      )
    })

    test('axe finds nothing, light or dark, wide or narrow, before and after training', async () => {
      const page = await open({ ...experiments[4]!.setting, steps: 200 })
      expect(await faults(page)).toEqual([])
      await trained(page)
      for (const colorScheme of ['light', 'dark'] as const)
        for (const width of [1280, 390]) {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width, height: 900 })
          expect(await faults(page), `${colorScheme}, ${width} px`).toEqual([])
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
          await keep(page, `lab-${colorScheme}-${width}`)
        }
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      await keep(page, 'lab-print')
    })
  },
)

/** Keeps a screenshot, to be looked at, in the folder that EVENSTEP_SCREENSHOTS names. */
async function keep(page: Page, name: string): Promise<void> {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
}
