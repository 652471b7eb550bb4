import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, hasChromium, type Served, serve } from '../support/browser.ts'
import { difference } from '../support/golden.ts'
import { losses } from './training.ts'

describe.skipIf(!hasChromium)('in Chromium, where it is installed, under a policy without eval', () => {
  let served: Served
  let page: Page

  beforeAll(async () => {
    served = await serve(['training'])
    page = await served.open()
  })
  afterAll(() => served?.close())

  test('22 steps in WebAssembly have the losses of Node.js to the bit, and those of the CPU to 1e-5', async () => {
    const here = await losses('wasm')
    const there = await call<number[]>(page, 'training', 'losses', 'wasm')
    expect(there).toHaveLength(24)
    expect(there).toEqual(here)
    expect(difference(there, await losses('cpu'))).toBeLessThan(1e-5)
  })
})
