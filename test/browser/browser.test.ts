import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, hasChromium, type Served, serve } from '../support/browser.ts'
import { repository } from '../support/command.ts'
import { difference } from '../support/golden.ts'
import { type inWorker, losses } from './training.ts'
import type { threaded } from './wasm.ts'

/** Number of runs after which memory is measured again: more show a smaller leak. */
const runs = process.env.CI ? 950 : 150

describe.skipIf(!hasChromium)('in Chromium, where it is installed, under a policy without eval', () => {
  let served: Served
  let page: Page
  let inNode: Promise<number[]>

  beforeAll(async () => {
    served = await serve()
    page = await served.open()
    inNode = losses('wasm')
  })
  afterAll(() => served?.close())

  test('22 steps in WebAssembly have the losses of Node.js to the bit, and those of the CPU to 1e-5', async () => {
    const here = await inNode
    const there = await call<number[]>(page, 'training', 'losses', 'wasm')
    expect(there).toHaveLength(24)
    expect(there).toEqual(here)
    expect(difference(there, await losses('cpu'))).toBeLessThan(1e-5)
  })

  test('a task that is trained again and again needs no more memory: a thousand times in continuous integration', async () => {
    const session = await page.context().newCDPSession(page)
    const bytes = async (): Promise<number> => {
      await session.send('HeapProfiler.collectGarbage')
      const { usedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage')
      return usedSize + backingStorageSize
    }
    await call(page, 'training', 'repeat', 50)
    const before = await bytes()
    await call(page, 'training', 'repeat', runs)
    expect((await bytes()) - before).toBeLessThan(300_000 + 200 * runs)
  })

  test('the page answers while a worker trains', async () => {
    const [ticks, events] = await call<readonly [number, number]>(page, 'training', 'ticksDuring')
    expect(events).toBeGreaterThan(5)
    expect(ticks).toBeGreaterThan(events)
  })

  test('evaluations that overlap with steps take turns with them', async () => {
    const apart = await call<number[][]>(page, 'training', 'overlapping', false)
    const overlapping = await call<number[][]>(page, 'training', 'overlapping', true)
    expect(overlapping[0]).toEqual(apart[0])
    expect(overlapping[1]).toHaveLength(11)
  })

  test('calls take turns while one of them compiles a graph or awaits data', async () => {
    const apart = await call<number[]>(page, 'training', 'whileWaiting', false)
    expect(apart).toHaveLength(6)
    expect(await call<number[]>(page, 'training', 'whileWaiting', true)).toEqual(apart)
  })

  test('WebAssembly has threads in a page that is isolated, unless told to use one, and none elsewhere', async () => {
    const trained = (on: Page, threads: number) =>
      call<Awaited<ReturnType<typeof threaded>>>(on, 'wasm', 'threaded', threads)
    const [several, one, elsewhere] = [
      await trained(await served.open('isolated'), 2),
      await trained(await served.open('isolated'), 1),
      await trained(page, 2),
    ]
    expect([several.workers, one.workers, elsewhere.workers]).toEqual([1, 0, 0])
    expect(elsewhere.losses).toEqual(one.losses)
    expect(difference(several.losses, one.losses)).toBeLessThan(1e-5)
  })

  test('wasmAt says from where its file is loaded, before it is', async () => {
    const own = await served.open()
    const asked: string[] = []
    own.on('request', (request) => asked.push(new URL(request.url()).pathname))
    expect(await call(own, 'wasm', 'elsewhere', 'engine/files')).toBe(
      'ArgumentError: wasmAt: wanted a call before the first compilation, got one after it; ' +
        'call it at the start of the page or worker',
    )
    expect(asked.filter((path) => path.endsWith('.wasm'))).toEqual([
      '/engine/files/ort-wasm-simd-threaded.wasm',
    ])
  })

  test('the page and the worker of docs/browser.md train', async () => {
    const [scores, weights, model] = await call<readonly number[]>(page, 'training', 'documented')
    expect(scores).toBe(3)
    expect(Math.min(weights!, model!)).toBeGreaterThan(500)
  })

  test('a worker trains to the same bit, predicts, and sends files and errors', async () => {
    const there = await call<Awaited<ReturnType<typeof inWorker>>>(page, 'training', 'inWorker')
    expect(there.losses).toEqual(await inNode)
    expect(there.scores).toBe(3)
    expect(Math.min(...there.files)).toBeGreaterThan(500)
    expect(there.message).toBe(
      `ArgumentError: experiment: wanted device as 'cpu', 'wasm', 'webgpu' or 'auto', got "gpu"`,
    )
  })
})

test.each(['docs/browser.md', 'README.md'])('%s shows the files that run here', (path) => {
  const page = readFileSync(join(repository, path), 'utf8')
  for (const name of ['docs-worker', 'docs-page'])
    expect(page).toContain(readFileSync(join(repository, `test/browser/${name}.ts`), 'utf8'))
})
