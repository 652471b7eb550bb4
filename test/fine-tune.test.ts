import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { expect, test, vi } from 'vitest'
import { slice } from '../examples/fine-tune-data.ts'
import type { Dataset } from '../src/data/index.ts'
import * as nn from '../src/nn/node.ts'
import { compile } from '../src/runtime/compile.ts'
import { exportOnnx, taskOf } from '../src/train/index.ts'
import { repository } from './support/command.ts'

const folder = join(repository, 'examples/fine-tune')
const isInstalled = existsSync(join(folder, 'node_modules/.package-lock.json'))

test.skipIf(!isInstalled && !process.env.CI)(
  'a pretrained network learns digits and is exported, where examples/fine-tune is installed',
  async () => {
    if (!isInstalled) execFileSync('npm', ['ci', '--ignore-scripts', '--prefix', folder, '--prefer-offline'])
    vi.stubEnv('EVENSTEP_DATA', undefined)
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { default: experiment } = await import('../examples/fine-tune.ts')
    const task = taskOf({ ...experiment, threads: 1 })
    const { x, y } = experiment.data.train as Dataset
    const size = 25
    for (let step = 0; step < 20; step++) {
      await task.step({
        x: x.data.slice(100 * size * step, 100 * size * (step + 1)),
        y: y.data.slice(size * step, size * (step + 1)),
        length: size,
      })
    }
    const others = slice(experiment.data.validation as Dataset, 0, 200)
    expect((await task.evaluate(others, { batchSize: 50 })).accuracy).toBeGreaterThan(0.35)
    await exported(task.model, others)
  },
)

/** Checks that the exported network computes the same in ONNX Runtime, for 1 and 7 examples, and when it is imported. */
async function exported(model: nn.Module, { x }: Dataset): Promise<void> {
  const file = exportOnnx(model, x)
  const folded = nn.fromOnnxBytes(file)
  const again = nn.fromOnnxBytes(exportOnnx(model, x, { keepNormalization: true }))
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4, intraOpNumThreads: 1 })
  const namesOf = (one: object) => [...nn.variables(one).keys()].sort()
  expect(namesOf(again)).toEqual(namesOf(model))
  const kept = namesOf(model).filter((name) => !name.includes('batch_norm'))
  expect(kept.length).toBeGreaterThan(60)
  expect(namesOf(folded)).toEqual(expect.arrayContaining(kept))
  for (const n of [1, 7]) {
    const numbers = x.data.slice(0, 100 * n) as Float32Array
    const { y } = await session.run({ x: new ort.Tensor('float32', numbers, [n, 1, 10, 10]) })
    for (const one of [model, folded, again]) {
      const step = await compile({ x: { shape: [n, 1, 10, 10] } }, (fed) => ({
        y: one.forward(fed.x, 'eval'),
      }))
      const own = (await step({ x: numbers })).y as Float32Array
      const apart = own.map((value, i) => Math.abs(value - (y!.data as Float32Array)[i]!))
      expect(Math.max(...apart)).toBeLessThan(2e-5)
    }
  }
}
