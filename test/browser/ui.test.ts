import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, hasPages, openPage } from '../support/browser.ts'
import { main, repository, together } from '../support/command.ts'
import { look } from '../support/look.ts'

// The pages of `evenstep ui` in Chromium, on runs that the built command trains meanwhile.

const experiment = `
import { data, nn, ops, optim, train } from 'evenstep'
const y = Int32Array.from({ length: 400 }, (_, i) => i % 3)
const x = Float32Array.from({ length: 800 }, (_, i) => Math.sin(i * i) + (i % 2 ? 2 : -2) * (y[i >> 1] - 1))
const points = data.dataset({ x, y, shape: [2], classes: 3 })
export default train.experiment({
  data: { train: points, validation: points },
  model: () => new nn.Sequential(new nn.Linear(2, 16), new nn.ReLU(), new nn.BatchNorm1d(16), new nn.Linear(16, 3)),
  loss: ops.crossEntropy,
  optimizer: optim.sgd({ lr: 'cosine 0.1 to 0', momentum: 'linear 0.9 to 0.8', weightDecay: 0.01 }),
  batchSize: 8,
  epochs: 3,
  metrics: { confusion: train.metrics.confusionMatrix() },
  log: { batchNorm: true, gradientNorm: true },
})
`
const study = `
import { study } from 'evenstep'
export default study.define({ experiment: 'points.ts', factors: { schedule: ['cosine'], lr: [0.01, 0.1, 1], normalization: ['batch', 'none'] }, seeds: 4, steps: 2000 })
`

describe.skipIf(!hasChromium || !hasPages)('evenstep ui in Chromium, where pages is installed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evenstep-ui-'))
  const started: ChildProcess[] = []
  let address = ''

  /** Starts the built command in the folder. */
  const start = (...args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    started.push(child)
    return child
  }
  const open = (to = ''): Promise<Page> => openPage(`${address}${to}`)

  beforeAll(async () => {
    writeFileSync(join(folder, 'points.ts'), experiment)
    writeFileSync(join(folder, 'rates.ts'), study)
    const trained = [
      ['train', 'points.ts', '--out', 'runs/seven', '--seed', '7', '--doctor'],
      ['train', 'points.ts', '--out', 'runs/eight', '--seed', '8'],
      ['train', 'points.ts', '--out', 'runs/slow', '--set', 'optimizer.lr=0.01'],
    ]
    execFileSync(process.execPath, [together, main, JSON.stringify(trained)], { cwd: folder })
    const server = start('ui')
    address = /http:\S+/.exec(String((await once(server.stdout!, 'data'))[0]))![0]
  })
  afterAll(() => {
    for (const child of started) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  test('a run appears, its curve grows, also after a reload, and the button stops and saves it', async () => {
    const page = await open()
    const training = start('train', 'points.ts', '--set', 'epochs=100000', '--set', 'optimizer.lr=0.1')
    training.stdout!.resume()
    await page.getByRole('row', { name: /points-1 running/ }).waitFor()
    await page.getByRole('link', { name: 'points-1' }).click()
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    const first = await stepsOf(page)
    await expect.poll(() => stepsOf(page), { timeout: 60_000 }).toBeGreaterThan(first)
    await page.reload()
    await page.getByRole('heading', { name: 'points-1' }).waitFor()
    const again = await stepsOf(page)
    expect(again).toBeGreaterThan(first)
    await expect.poll(() => stepsOf(page), { timeout: 60_000 }).toBeGreaterThan(again)
    let said = ''
    training.stderr!.on('data', (text) => {
      said += text
    })
    await page.getByRole('button', { name: 'Stop' }).click()
    await once(training, 'close')
    expect(training.exitCode).toBe(130)
    expect(said).toMatch(/^stopped after \d+ steps, saved in runs\/points-1; resume with /)
    await page.getByText('stopped', { exact: true }).waitFor()
    expect(await stepsOf(page)).toBe(Number(/after (\d+)/.exec(said)![1]))
    expect(await page.getByRole('button', { name: 'Stop' }).count()).toBe(0)
    await page.close()
  })

  test('what a run shows is what its log has, and the command that repeats it is copied', async () => {
    const page = await open('#/run?id=seven')
    await page.getByText('150 of 150 steps').waitFor()
    const log = readFileSync(join(folder, 'runs/seven/events.jsonl'), 'utf8').trim().split('\n')
    const lines = log.map((line) => JSON.parse(line) as Readonly<Record<string, number>>)
    const last = lines.findLast(({ type }) => String(type) === 'step')!
    const legend = page
      .locator('figure', { hasText: 'Loss' })
      .first()
      .locator('li', { hasText: /^training/ })
    expect(Number(await legend.first().locator('output').textContent())).toBeCloseTo(last.loss!, 3)
    for (const title of [
      'Learning rate',
      'Momentum',
      'Gradient norm',
      'Validation accuracy',
      'Effective rate',
      'Angle of a step',
      'Running variance',
    ])
      expect(await page.getByText(title).count(), title).toBeGreaterThan(0)
    expect(await page.locator('.matrix tbody tr').count()).toBe(3)
    expect(await page.locator('.findings li').count()).toBeGreaterThan(5)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Copy the command' }).click()
    await page.getByText('copied').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      `npx evenstep train ${join(folder, 'points.ts')} --set seed=7`,
    )
    await page.close()
  })

  test('runs are searched, sorted and compared by the keyboard alone; seeds are a band', async () => {
    const page = await open()
    await page.getByRole('row').nth(3).waitFor()
    await press(page, 'searchbox')
    await page.keyboard.type('ended')
    await press(page, 'button', 'run')
    await page.keyboard.press('Enter')
    expect(await page.locator('tbody th').allTextContents()).toEqual(['eight', 'seven', 'slow'])
    for (const name of ['eight', 'seven', 'slow']) {
      await press(page, 'checkbox', `compare ${name}`)
      await page.keyboard.press('Space')
    }
    await press(page, 'link', 'Compare 3')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '3 runs compared' }).waitFor()
    await page.getByText('A, 2 seeds').first().waitFor()
    expect(
      await page.locator('tbody tr', { hasText: 'optimizer.lr' }).locator('td').allTextContents(),
    ).toEqual(['cosine 0.1 to 0 over 150', '0.01'])
    await page.close()
  })

  test('a study fills in while it runs, a cell leads to its runs, and axe finds nothing', async () => {
    const running = start('study', 'rates.ts', '--workers', '1')
    running.stdout!.resume()
    const page = await open()
    await page.getByRole('link', { name: 'rates' }).click()
    await page.getByText('running', { exact: true }).waitFor()
    const done = async () =>
      Number(/^\d+/.exec((await page.getByText(/^\d+ of 24 trials/).textContent())!)![0])
    await expect.poll(done, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0)
    expect(await done()).toBeLessThan(24)
    await once(running, 'close')
    await page.getByText('24 of 24 trials').waitFor()
    await page.getByText('ended', { exact: true }).waitFor()
    const findings = JSON.parse(readFileSync(join(folder, 'runs/rates/findings.json'), 'utf8'))
    for (const sentence of findings.answer) await page.getByText(sentence).waitFor()
    expect(await page.locator('.matrix td a').count()).toBe(6)
    await page.locator('.matrix td a').first().click()
    await page.getByRole('heading', { name: '4 runs compared' }).waitFor()
    await page
      .getByRole('link', { name: /^rates\/trials\/\d+$/ })
      .first()
      .click()
    await page.getByText('2,000 of 2,000 steps').waitFor()
    await page.goBack()
    await page.goBack()
    await page.locator('.matrix td a').first().waitFor()
    await look(page, 'study')
    await page.close()
  })

  const compared = ['eight', 'seven', 'slow'].map((id) => `id=${id}`).join('&')
  test.each([
    ['list', ''],
    ['run', '#/run?id=seven'],
    ['compare', `#/compare?${compared}`],
  ])('axe finds nothing on the page %s: light, dark, 390 px wide and printed', async (name, to) => {
    const page = await open(to)
    await page.locator('tbody tr, .chart canvas').first().waitFor()
    await look(page, name)
    await page.close()
  })

  test('another name for this address, and a page of another site, get nothing', async () => {
    const page = await openPage('about:blank')
    const { port } = new URL(address)
    const rebound = await page.goto(`http://evil.example:${port}/`)
    expect([rebound!.status(), await rebound!.text()]).toEqual([403, 'wrong host\n'])
    const read = `fetch('${address}api/list').then(String, String)`
    expect(await page.evaluate(read)).toMatch(/TypeError/)
    for (const [method, path] of [
      ['GET', 'api/list'],
      ['POST', 'api/stop?id=seven'],
    ]) {
      const asked = page.waitForResponse((response) => response.url() === `${address}${path}`)
      await page.evaluate(`void fetch('${address}${path}', { method: '${method}', mode: 'no-cors' })`)
      expect((await asked).status()).toBe(403)
    }
    await page.close()
  })

  test('a folder that is not there and a port in use are errors; at another address, the token is printed', async () => {
    const { port } = new URL(address)
    const commands = [
      ['ui', 'nowhere'],
      ['ui', '--port', port],
    ]
    const out = execFileSync(process.execPath, [together, main, JSON.stringify(commands)], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(JSON.parse(out).map(({ code, err }: { code: number; err: string }) => [code, err])).toEqual([
      [2, 'ui: wanted a folder with runs, got nowhere, which does not exist\n'],
      [2, `ui: wanted a free port, got ${port}, which is in use; choose another with --port\n`],
    ])
    const server = start('ui', '--host', '0.0.0.0')
    const given = new URL(/http:\S+/.exec(String((await once(server.stdout!, 'data'))[0]))![0])
    expect(given.search).toMatch(/^\?token=[0-9a-f]{32}$/)
    expect((await fetch(given.origin)).status).toBe(401)
    expect((await fetch(given, { redirect: 'manual' })).status).toBe(302)
  })

  test.skipIf(!process.env.CI)('the types of the pages are right, in continuous integration', () => {
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', join(repository, 'pages')], { stdio: 'inherit' })
  })

  test('the page needs nothing from elsewhere, and less than 150 kB', async () => {
    const page = await openPage('about:blank')
    const bodies: Promise<number>[] = []
    page.on('response', async (response) => {
      expect(new URL(response.url()).origin).toBe(new URL(address).origin)
      if (!response.url().includes('/api/')) bodies.push(response.body().then(({ length }) => length))
    })
    await page.goto(address)
    await page.locator('tbody tr').first().waitFor()
    const sizes = await Promise.all(bodies)
    expect(sizes.reduce((a, b) => a + b)).toBeLessThan(300_000) // before compression
    await page.close()
  })
})

/** Number of steps that a run's page says are done. */
async function stepsOf(page: Page): Promise<number> {
  const text = await page
    .getByText(/^[\d,]+ (of [\d,]+ )?steps$/)
    .first()
    .textContent()
  return Number(text!.split(' ')[0]!.replaceAll(',', ''))
}

/** Moves the focus by the tabulator key until it is on an element with a role and a name. */
async function press(
  page: Page,
  role: 'searchbox' | 'button' | 'checkbox' | 'link',
  name?: string,
): Promise<void> {
  const wanted = page.getByRole(role, name === undefined ? {} : { name, exact: true })
  for (let i = 0; i < 100; i++) {
    await page.keyboard.press('Tab')
    if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return
  }
  expect.fail(`wanted the tabulator key to reach the ${role} ${name}, got no further`)
}
