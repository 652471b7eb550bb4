import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, type Served, serve } from '../support/browser.ts'
import { difference } from '../support/golden.ts'
import { type lost, netLosses, netNames, type uploads } from './gpu.ts'
import { losses } from './training.ts'

// SwiftShader takes some 20 s to compile the shaders, so this is for continuous integration.
describe.skipIf(!process.env.CI)('in Chromium on a GPU in software, in continuous integration', () => {
  let served: Served
  let page: Page

  beforeAll(async () => {
    served = await serve()
    page = await served.open()
    await page.evaluate("import('/gpu.js')") // before the first graph, so that it sees the GPU
  })
  afterAll(() => served?.close())

  test('22 steps by WebGPU have the losses of the CPU to 1e-4', async () => {
    const there = await call<number[]>(page, 'training', 'losses', 'webgpu')
    expect(there).toHaveLength(24)
    expect(difference(there, await losses('cpu'))).toBeLessThan(1e-4)
  })

  test('20 steps have the losses of the CPU to 1e-4, and upload no weights', async () => {
    for (const net of netNames) {
      const there = await call<number[]>(page, 'gpu', 'netLosses', net, 'webgpu')
      expect(difference(there, await netLosses(net, 'cpu'))).toBeLessThan(1e-4)
    }
    const { perStep, state } = await call<Awaited<ReturnType<typeof uploads>>>(page, 'gpu', 'uploads')
    expect(state).toBe(20_504)
    expect(perStep).toBeLessThan(2000) // the batch, the rate and what the kernels need to know
  })

  test('a GPU that is lost is an error that says how to continue; the weights are unchanged', async () => {
    const { message, isUnchanged } = await call<Awaited<ReturnType<typeof lost>>>(page, 'gpu', 'lost')
    expect(message).toMatch(
      /^DeviceError: step: wanted a GPU to the end of the call, got a lost one \(destroyed.*\); the weights are those before the call: save them, then resume from the last checkpoint in a new process, worker or page, or on another device$/,
    )
    expect(isUnchanged).toBe(true)
  })
})
