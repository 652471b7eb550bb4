import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { train } from 'evenstep'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, type Served, serveFolder } from '../support/browser.ts'
import { repository } from '../support/command.ts'

const example = join(repository, 'examples/web')
const isInstalled = existsSync(join(example, 'node_modules'))

/** CSV of 400 people, of whom those leave who complain and are young. */
function customers(): string {
  const rows = Array.from({ length: 400 }, (_, i) => {
    const [age, complains] = [18 + ((i * 7) % 60), i % 3 === 0]
    const signed = `2023-0${1 + (i % 9)}-1${i % 10}`
    return [
      age,
      signed,
      complains ? 'it is broken' : 'all is well',
      complains && age < 50 ? 'yes' : 'no',
    ].join()
  })
  return ['age,signed,message,leaves', ...rows].join('\n')
}

/** Drops a text as a file on an element. */
async function drop(page: Page, selector: string, name: string, text: string): Promise<void> {
  const make = `(() => { const all = new DataTransfer(); all.items.add(new File([${JSON.stringify(text)}], '${name}')); return all })()`
  await page.dispatchEvent(selector, 'drop', { dataTransfer: await page.evaluateHandle(make) })
}

/** Script of a page that stops the training after an epoch, before the next steps. */
const stopAfterEpoch1 = `
  const status = document.querySelector('#status')
  new MutationObserver(() => {
    if (status.textContent.startsWith('Epoch 1: ')) document.querySelector('#stop').click()
  }).observe(status, { childList: true })`

async function download(page: Page, name: string): Promise<Uint8Array> {
  const started = page.waitForEvent('download')
  await page.getByRole('button', { name, exact: true }).click()
  return readFileSync(await (await started).path())
}

test('docs/browser.md shows the snippets of examples/web', () => {
  const page = readFileSync(join(repository, 'docs/browser.md'), 'utf8')
  for (const name of ['react.tsx', 'astro.ts'])
    expect(page).toContain(readFileSync(join(example, 'snippets', name), 'utf8'))
})

describe.skipIf(!hasChromium || !(isInstalled || process.env.CI))(
  'examples/web in Chromium, where it is installed',
  () => {
    const site = mkdtempSync(join(tmpdir(), 'evenstep-web-'))
    let served: Served

    beforeAll(async () => {
      const run = (...args: readonly string[]) => execFileSync('npm', args, { cwd: example, stdio: 'ignore' })
      if (!isInstalled) run('install', '--ignore-scripts', '--no-audit', '--no-fund')
      run('run', 'build', '--', '--outDir', site, '--emptyOutDir')
      served = await serveFolder(site)
    })
    afterAll(async () => {
      await served?.close()
      rmSync(site, { recursive: true })
    })

    test.skipIf(!process.env.CI)('its types are right, in continuous integration', () => {
      const tsc = join(repository, 'node_modules/typescript/bin/tsc')
      execFileSync(process.execPath, [tsc, '-p', example], { stdio: 'inherit' })
    })

    test('a dropped table is trained on, predicts a row, and its model is downloaded', async () => {
      const page = await served.open()
      await drop(page, '#drop', 'customers.csv', customers())
      await page.getByText('customers.csv: 400 rows, 4 columns').waitFor()
      expect(await page.locator('#kinds td').allTextContents()).toEqual([
        'age',
        'number',
        'signed',
        'date',
        'message',
        'category',
        'leaves',
        'to be predicted',
      ])
      await page.getByLabel('Epochs').fill('12')
      await page.getByLabel('Epochs').press('Enter')
      await page.getByText('Epoch 12 of 12').waitFor()
      for (const [message, answer] of [
        ['it is broken', 'yes'],
        ['all is well', 'no'],
      ] as const) {
        await page.locator('#row [name=age]').fill('22')
        await page.locator('#row [name=message]').fill(message)
        await page.locator('#row button').click()
        await page.getByText(`leaves: ${answer}, with probability`).waitFor()
      }
      expect(
        train.readSafetensors(await download(page, 'model.safetensors'), 'model.safetensors').size,
      ).toBeGreaterThan(5)
      expect((await download(page, 'model.onnx')).length).toBeGreaterThan(1000)
      await page.locator('#label').selectOption('signed')
      await page.getByRole('button', { name: 'Train' }).click()
      await page.getByText('signed has 90 different values; choose a column of classes').waitFor()
    })

    test('a drawn digit is read, and training continues in another tab', async () => {
      const page = await served.open('digits.html')
      await page.setViewportSize({ width: 390, height: 1200 })
      await page.evaluate(stopAfterEpoch1)
      await page.getByRole('button', { name: 'Train' }).click()
      await page.getByRole('button', { name: 'Continue training' }).waitFor()
      const { x, y } = (await page.locator('#canvas').boundingBox())!
      await page.mouse.move(x + 145, y + 40)
      await page.mouse.down()
      await page.mouse.move(x + 135, y + 240, { steps: 20 })
      await page.mouse.up()
      await page.locator('#answer', { hasText: '1' }).waitFor()
      await page.close()
      const other = await served.open('digits.html')
      await other.getByRole('button', { name: 'Continue training' }).click()
      await other.getByText('Epoch 2: ').waitFor()
      const right = Number(/([\d.]+) %/.exec((await other.textContent('#status'))!)![1])
      expect(right).toBeGreaterThan(95)
    })
  },
)
