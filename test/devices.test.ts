import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loader } from '../src/data/index.ts'
import { sgd } from '../src/optim/index.ts'
import type { Device } from '../src/runtime/device.ts'
import { taskOf } from '../src/train/index.ts'
import { difference } from './support/golden.ts'
import { toy } from './support/toy.ts'

// A GPU in software, from Debian's packages chromium and libvulkan1.
const software = '/usr/lib/chromium/vk_swiftshader_icd.json'
const hasGpu = existsSync(software) && existsSync('/usr/lib/x86_64-linux-gnu/libvulkan.so.1')
if (hasGpu) {
  process.env.VK_ICD_FILENAMES ??= software
  process.env.XDG_RUNTIME_DIR ??= '/tmp'
}

async function losses(device: Device): Promise<ArrayLike<number>> {
  const setup = toy({ device, optimizer: sgd({ lr: (step) => 0.1 / (step + 1), momentum: 0.9 }) })
  const [stack] = loader(setup.data.train, { batchSize: 5, seed: 0 }).stacks(0, () => 20)
  const task = taskOf(setup)
  const { losses } = await task.learn(stack!, 5)
  const { loss } = await task.evaluate(setup.data.validation)
  return [...losses, loss]
}

describe('20 steps and an evaluation have the losses of the CPU', () => {
  test('in WebAssembly', async () => {
    expect(difference(await losses('wasm'), await losses('cpu'))).toBeLessThan(1e-5)
  })

  test.runIf(hasGpu)('on a GPU, by WebGPU', { timeout: 300_000 }, async () => {
    expect(difference(await losses('webgpu'), await losses('cpu'))).toBeLessThan(1e-5)
  })
})

test('a loss that is not finite is found on every device, and the weights are those of before', async () => {
  const setup = toy({ device: 'wasm', optimizer: sgd({ lr: 1e38 }) })
  const [stack] = loader(setup.data.train, { batchSize: 5, seed: 0 }).stacks(0, () => 20)
  await expect(taskOf(setup).learn(stack!, 5)).rejects.toThrow('the first tensor that is not finite is')
})
