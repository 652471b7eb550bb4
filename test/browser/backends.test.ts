import { describe, expect, test } from 'vitest'
import { call, hasChromium, type Served, serve } from '../support/browser.ts'
import { difference } from '../support/golden.ts'
import { type lost, netLosses, netNames, type uploads } from './gpu.ts'
import type { threaded } from './wasm.ts'

/** Serves pages while `body` runs. */
async function served<T>(serving: Promise<Served>, body: (served: Served) => Promise<T>): Promise<T> {
  const pages = await serving
  try {
    return await body(pages)
  } finally {
    await pages.close()
  }
}

/** Headers by which a page is isolated from other origins, as threads require. */
const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

describe.skipIf(!hasChromium)('WebAssembly in Chromium, where it is installed', () => {
  const losses = (pages: Served, ...threads: number[]): Promise<Awaited<ReturnType<typeof threaded>>> =>
    pages.open().then((page) => call(page, 'wasm', 'threaded', ...threads))

  test('has threads in a page that is isolated, unless told to use one, and none elsewhere', async () => {
    const [several, one] = await served(serve(['wasm'], [], isolated), async (pages) => {
      return [await losses(pages, 2), await losses(pages, 1)] as const
    })
    const elsewhere = await served(serve(['wasm']), (pages) => losses(pages, 2))
    expect([several.workers, one.workers, elsewhere.workers]).toEqual([1, 0, 0])
    expect(elsewhere.losses).toEqual(one.losses)
    expect(difference(several.losses, one.losses)).toBeLessThan(1e-5)
  })

  test('wasmAt says from where its file is loaded, before it is', async () => {
    await served(serve(['wasm']), async (pages) => {
      const page = await pages.open()
      const asked: string[] = []
      page.on('request', (request) => asked.push(new URL(request.url()).pathname))
      expect(await call(page, 'wasm', 'elsewhere', 'engine/files')).toBe(
        'ArgumentError: wasmAt: wanted a call before the first compilation, got one after it; ' +
          'call it at the start of the page or worker',
      )
      expect(asked.filter((path) => path.endsWith('.wasm'))).toEqual([
        '/engine/files/ort-wasm-simd-threaded.wasm',
      ])
    })
  })
})

// SwiftShader takes some 20 s to compile the shaders, so this is for continuous integration.
describe.skipIf(!process.env.CI)('in Chromium on a GPU in software, in continuous integration', () => {
  const args = [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
  ]

  test('20 steps have the losses of the CPU to 1e-4, and upload no weights', {
    timeout: 300_000,
  }, async () => {
    await served(serve(['gpu'], args), async (pages) => {
      const page = await pages.open()
      page.setDefaultTimeout(200_000)
      for (const net of netNames) {
        const there = await call<number[]>(page, 'gpu', 'netLosses', net, 'webgpu')
        expect(difference(there, await netLosses(net, 'cpu'))).toBeLessThan(1e-4)
      }
      const { perStep, state } = await call<Awaited<ReturnType<typeof uploads>>>(page, 'gpu', 'uploads')
      expect(state).toBe(20_504)
      expect(perStep).toBeLessThan(2000) // the batch, the rate and what the kernels need to know
    })
  })

  test('a GPU that is lost is an error that says how to continue; the weights are unchanged', async () => {
    await served(serve(['gpu'], args), async (pages) => {
      const { message, isUnchanged } = await call<Awaited<ReturnType<typeof lost>>>(
        await pages.open(),
        'gpu',
        'lost',
      )
      expect(message).toMatch(
        /^DeviceError: step: wanted a GPU to the end of the call, got a lost one \(destroyed.*\); the weights are those before the call: save them, then resume from the last checkpoint in a new process, worker or page, or on another device$/,
      )
      expect(isUnchanged).toBe(true)
    })
  })
})
