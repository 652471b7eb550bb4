import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { call, hasChromium, serve } from '../support/browser.ts'
import { repository } from '../support/command.ts'
import { difference } from '../support/golden.ts'
import { losses } from './imported.ts'

/** Bundles a script as a web page's bundler does. */
async function bundled(code: string): Promise<string> {
  const entry = '\0entry'
  const bundle = await rolldown({
    cwd: repository,
    input: entry,
    platform: 'browser',
    tsconfig: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) =>
          id === entry ? id : id === 'evenstep' ? join(repository, 'dist/browser/index.js') : undefined,
        load: (id) => (id === entry ? code : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'esm' })
  await bundle.close()
  return output.map((file) => (file.type === 'chunk' ? file.code : '')).join('\n')
}

test('a page contains the import of ONNX files only if it imports one', async () => {
  const training =
    "import { nn, optim, ops, train } from 'evenstep'; console.log(nn.Conv2d, nn.BatchNorm2d, optim.sgd, ops.crossEntropy, train.Task)"
  const isThere = (code: string) => /fromOnnx|NonMaxSuppression|wanted a shape that keeps/.test(code)
  expect(isThere(await bundled(training))).toBe(false)
  expect(isThere(await bundled(training.replace('nn.Conv2d', 'nn.fromOnnx')))).toBe(true)
})

test.skipIf(!hasChromium)(
  'a page of Chromium, where it is installed, fetches an ONNX file and trains it as Node.js does',
  async () => {
    const bytes = readFileSync(join(repository, 'test/golden/onnx/resnet.onnx'))
    const served = await serve()
    try {
      const page = await served.open()
      await page.route('**/resnet.onnx', (route) => route.fulfill({ body: bytes }))
      const there = await call<number[]>(page, 'imported', 'losses', '/resnet.onnx', 'wasm')
      const here = await losses(new Uint8Array(bytes), 'wasm')
      expect(there).toEqual(here)
      expect(there[1]).toBeLessThan(there[0]!)
      expect(difference(there, await losses(new Uint8Array(bytes), 'cpu'))).toBeLessThan(1e-4)
      await expect(call(page, 'imported', 'losses', '/absent.onnx', 'wasm')).rejects.toThrow(
        'fromOnnx: wanted a response with the file, got "status 404"',
      )
    } finally {
      await served.close()
    }
  },
)
