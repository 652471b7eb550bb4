import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { train } from 'evenstep'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { experiments } from '../../pages/lab/guided.ts'
import { toHash } from '../../pages/lab/link.ts'
import { checkedSetting, defaultNet, type Setting } from '../../pages/lab/setting.ts'
import { hasChromium, hasPages, type Served, serveFolder } from '../support/browser.ts'
import { commandIn, repository } from '../support/command.ts'
import { look, violations } from '../support/look.ts'

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

/** Script of a page that pauses the training once the first steps are seen. */
const pauseSoon = `
  new MutationObserver((_, observer) => {
    if (!/^A [1-9].* steps/.test(document.querySelector('.progress li')?.textContent ?? '')) return
    observer.disconnect()
    for (const button of document.querySelectorAll('button')) if (button.textContent === 'Pause') button.click()
  }).observe(document.querySelector('.transport'), { childList: true, subtree: true, characterData: true })`

describe.skipIf(!hasChromium || !hasPages)('the lab in Chromium, where pages are installed', () => {
  const { folder, together } = commandIn('evenstep-lab-runs-')
  let served: Served

  const open = (setting: Partial<Setting>): Promise<Page> => served.open(address(setting))

  beforeAll(async () => {
    served = await serveFolder(join(repository, 'dist/pages'))
  })
  afterAll(() => served?.close())

  /** Saves the experiment file that the page offers for a net, and returns its name. */
  async function experimentFile(page: Page, net: string, run: string): Promise<string> {
    const name = `lab-${run}-${net.toLowerCase()}.ts`
    writeFileSync(join(folder, name), await download(page, `Experiment file ${net}`))
    return name
  }

  /** Trains experiment files by one process, and returns the losses of each. */
  async function trainedFiles(...names: readonly string[]): Promise<number[][]> {
    const outcomes = await together(
      ...names.map((name) => ['train', name, '--device', 'wasm', '--out', `${name}-run`]),
    )
    expect(outcomes.map(({ err, code }) => [err, code])).toEqual(names.map(() => ['', 0]))
    return names.map((name) => Array.from(train.readSteps(join(folder, `${name}-run`))!.losses))
  }

  test('a net reads 95 % of the digits, and experiment files give the losses to the bit', async () => {
    const page = await open({ steps: 600 })
    await trained(page)
    const text = (await page.locator('.progress li').first().textContent())!
    expect(Number(/([\d.]+) % right/.exec(text)![1])).toBeGreaterThan(95)
    const files = [await experimentFile(page, 'A', 'plain'), await experimentFile(page, 'B', 'plain')]
    const losses = lossesIn(await download(page, 'Losses'))
    expect(losses.map(({ length }) => length)).toEqual([600, 600])
    await page.close()
    expect(await trainedFiles(...files)).toEqual(losses)
  })

  test('nets are changed while they train: the link, the next training and the files repeat it to the bit', async () => {
    const page = await open({ steps: 800, nets: [defaultNet, { ...defaultNet, depth: 2 }] })
    await page.evaluate(pauseSoon)
    await button(page, 'Train').click()
    await button(page, 'Continue').waitFor()
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
    for (const change of [/a growing rate in place of the decay/, /no weight decay/])
      expect(await page.getByText(change).count(), String(change)).toBeGreaterThan(0)
    const losses = lossesIn(await download(page, 'Losses'))
    const files = [await experimentFile(page, 'A', 'changed'), await experimentFile(page, 'B', 'changed')]
    const again = await served.open(`lab/index.html${new URL(page.url()).hash}`)
    await page.close()
    await trained(again)
    expect(lossesIn(await download(again, 'Losses'))).toEqual(losses)
    await again.close()
    expect(await trainedFiles(...files)).toEqual(losses)
  })

  test('each data set trains, and its file lies beside the experiment file', async () => {
    const nets = [{ ...defaultNet, width: 20 }]
    const [files, losses]: [string[], number[][]] = [[], []]
    for (const data of ['spirals', 'dna', 'heartbeats']) {
      const page = await open({ data, steps: 60, nets })
      await trained(page)
      const file = page.locator('.keep a')
      const started = page.waitForEvent('download')
      await file.click()
      await (await started).saveAs(join(folder, (await file.textContent())!.trim()))
      files.push(await experimentFile(page, 'A', data))
      losses.push(...lossesIn(await download(page, 'Losses')))
      await page.close()
    }
    expect(await trainedFiles(...files)).toEqual(losses)
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
    await page.close()
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
    await page.close()
  })

  test('axe finds nothing, light or dark, wide or narrow, before and after training', async () => {
    const page = await open({ ...experiments[4]!.setting, steps: 200 })
    expect(await violations(page)).toEqual([])
    await trained(page)
    await look(page, 'lab')
    await page.close()
  })
})
