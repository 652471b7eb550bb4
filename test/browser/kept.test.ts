import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nn, train } from 'evenstep'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, hasChromium, type Served, serve } from '../support/browser.ts'
import { type CloudSettings, clouds, toldBy } from './training.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-kept-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Returns the text of a file without times, which differ from run to run. */
const timeless = (bytes: Iterable<number>): string =>
  Buffer.from([...bytes])
    .toString('latin1')
    .replaceAll(/,?"time":\{[^}]*\}/g, '')

/** Rounds the rates in a text: engines of JavaScript differ in the last digit of a cosine. */
const rounded = (text: string): string =>
  text.replaceAll(/"lr":([\d.e-]+)/g, (_, rate) => `"lr":${Number(rate).toPrecision(12)}`)

/** Settings of a run that is long enough to be interrupted twice. */
const long = { device: 'wasm', epochs: 24 } as const

/** Returns the files of a run that was trained in Node.js, without times. */
async function inNode(settings: CloudSettings, names: readonly string[]): Promise<Record<string, string>> {
  const folder = join(root, `run-${settings.epochs}`)
  if (!existsSync(folder)) {
    const run = new train.RunFolder(folder, clouds(settings.device, settings))
    for await (const _ of run.events());
    run.close()
  }
  return Object.fromEntries(names.map((name) => [name, rounded(timeless(readFileSync(join(folder, name))))]))
}

/** Returns the texts of a run's files on a page. @param form what is made of each. @default rounds rates, as `inNode` */
async function onPage(page: Page, folder: string, form = rounded): Promise<Record<string, string>> {
  const files = await call<Record<string, readonly number[]>>(page, 'kept', 'filesOf', folder)
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, form(timeless(bytes))]))
}

describe.skipIf(!hasChromium)('a run that is kept in Chromium, where it is installed', () => {
  let served: Served
  /** The page of the first two tests, and from the third on another one, as the first is killed. */
  let page: Page

  beforeAll(async () => {
    served = await serve()
    page = await served.open()
  })
  afterAll(() => served?.close())

  test('has the bytes of the run in Node.js, but for times', async () => {
    const settings = { device: 'wasm', epochs: 2 } as const
    expect(await call(page, 'kept', 'kept', 'clouds/2', settings)).toBe(22)
    const there = await onPage(page, 'clouds/2')
    expect(Object.keys(there)).toHaveLength(8)
    expect(there).toEqual(await inNode(settings, Object.keys(there)))
    expect(await call(page, 'kept', 'list')).toEqual(['clouds/2'])
  })

  test('can be opened on the page, without its experiment and with it, as in Node.js', async () => {
    const told = await call<Awaited<ReturnType<typeof toldBy>>>(page, 'kept', 'opened', 'clouds/2')
    const folder = join(root, 'run-2')
    const here = await toldBy(await train.open(folder))
    expect(told).toEqual({
      ...here,
      loss: expect.closeTo(here.loss, 5),
      first: expect.objectContaining({ prediction: here.first!.prediction }),
      refused:
        'ArgumentError: clouds/2: wanted the experiment of this run, got none; ' +
        'pass it: train.open(folder, { experiment })',
    })
    const best = await call<typeof told>(page, 'kept', 'opened', 'clouds/2', { checkpoint: 'best' })
    const { step, loss } = await toldBy(await train.open(folder, { checkpoint: 'best' }))
    expect(best).toMatchObject({ step, loss: expect.closeTo(loss, 5) })
    const settings = { device: 'wasm', epochs: 2 } as const
    const own = await train.open(folder, { experiment: clouds('wasm', settings) })
    const [weight] = nn.variables(own.model).values()
    expect(await call(page, 'kept', 'openedWith', 'clouds/2', settings)).toEqual({
      ...(await own.evaluate()),
      weights: Array.from(weight!.data as Float32Array),
    })
    await expect(call(page, 'kept', 'opened', 'clouds')).rejects.toThrow(
      'clouds: wanted the folder of a run, got a path that does not exist',
    )
    await expect(call(page, 'kept', 'read', 'clouds', 'run.json')).rejects.toThrow(
      'clouds: wanted the folder of a run, got no such folder',
    )
    expect(await call(page, 'kept', 'list')).toEqual(['clouds/2'])
  })

  test('resumes to the bit after its processes were killed, twice', async () => {
    for (const [resume, killed] of [[false, 40] as const, [true, 130] as const]) {
      call(page, 'kept', 'kept', 'killed', long, { resume }).catch(() => {}) // ends with the page
      await call(page, 'kept', 'until', killed)
      await served.kill()
      page = await served.open()
    }
    expect(await call(page, 'kept', 'kept', 'killed', long, { resume: true })).toBe(264)
    const there = await onPage(page, 'killed')
    expect(there).toEqual(await inNode(long, Object.keys(there)))
  })

  test('can be left and resumed, and is open in one place at a time', async () => {
    const other = await served.open()
    await call(page, 'kept', 'hold', 12)
    const running = call<number>(page, 'kept', 'kept', 'left', long, { until: 110 })
    await call(page, 'kept', 'until', 12)
    const refused =
      'left: wanted a run that nobody has open, got one that another page or worker has; close it'
    await expect(call(other, 'kept', 'kept', 'left', long, { resume: true })).rejects.toThrow(refused)
    await expect(call(other, 'kept', 'remove', 'left')).rejects.toThrow(refused)
    const last = await call<Awaited<ReturnType<typeof toldBy>>>(other, 'kept', 'opened', 'left', {
      checkpoint: 'last',
    })
    expect(last.step).toBeGreaterThan(0)
    await call(page, 'kept', 'release')
    expect(await running).toBeGreaterThanOrEqual(110)
    expect(await call(other, 'kept', 'kept', 'left', long, { resume: true })).toBe(264)
    const exact = (text: string): string => text
    expect(await onPage(other, 'left', exact)).toEqual(await onPage(other, 'killed', exact))
    await expect(call(other, 'kept', 'kept', 'left', long)).rejects.toThrow(
      'left: wanted a new folder, got one with a run; resume it, or choose another',
    )
    await call(other, 'kept', 'remove', 'left')
    expect(await call(other, 'kept', 'list')).not.toContain('left')
    await expect(call(other, 'kept', 'kept', 'left', long, { resume: true })).rejects.toThrow(
      'left: wanted a run to resume, got no such folder',
    )
    expect(await call(other, 'kept', 'list')).not.toContain('left')
  })

  test('that needs more room than the site may use says so, and resumes once there is room', async () => {
    const session = await page.context().newCDPSession(page)
    const quota = (quotaSize?: number) =>
      session.send('Storage.overrideQuotaForOrigin', {
        origin: new URL(page.url()).origin,
        ...(quotaSize !== undefined && { quotaSize }),
      })
    const settings = { device: 'wasm', epochs: 3, width: 20_000 } as const
    await quota(Number(await page.evaluate('navigator.storage.estimate().then((e) => e.usage)')) + 1_500_000)
    await expect(call(page, 'kept', 'kept', 'large', settings)).rejects.toThrow(
      /large\/.*: wanted to write it, got no room in what this site may store \(QuotaExceededError\); remove runs/,
    )
    await quota()
    expect(await call(page, 'kept', 'kept', 'large', settings, { resume: true })).toBe(33)
  })
})
