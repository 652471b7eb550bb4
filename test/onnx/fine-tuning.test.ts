import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { weightSources } from '../../src/core/weight-source.ts'
import { dataset, subset } from '../../src/data/index.ts'
import * as nn from '../../src/nn/node.ts'
import { crossEntropy } from '../../src/ops/index.ts'
import * as optim from '../../src/optim/index.ts'
import {
  experiment,
  exportOnnx,
  features,
  loadWeights,
  RunFolder,
  Task,
  writeSafetensors,
} from '../../src/train/index.ts'
import golden from '../golden/onnx/resnet.json' with { type: 'json' }
import { difference } from '../support/golden.ts'

const folder = mkdtempSync(join(tmpdir(), 'evenstep-imported-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = `${import.meta.dirname}/../golden/onnx/resnet.onnx`
const bytes = new Uint8Array(readFileSync(file))
const source = dataset({
  x: Float32Array.from(golden.x),
  y: Int32Array.of(0, 1, 2),
  shape: [3, 16, 16],
  classes: 5,
})
const batch = { x: source.x.data, y: source.y.data, length: 3 }
const imported = (options?: nn.OnnxOptions) => nn.fromOnnxBytes(bytes, options)

const taskOf = (model: nn.Module, optimizer: optim.Optimizer) =>
  new Task({ model, loss: crossEntropy, optimizer, data: source, threads: 1 })
const dataOf = (model: object) =>
  new Map([...nn.variables(model)].map(([name, { data }]) => [name, Float64Array.from(data, Number)]))

/** Takes steps and returns the names of the variables that changed. */
async function changed(model: nn.Module, optimizer: optim.Optimizer, steps = 1): Promise<string[]> {
  const before = dataOf(model)
  const task = taskOf(model, optimizer)
  for (let step = 0; step < steps; step++) await task.step(batch)
  const isSame = (name: string, data: Float64Array) => before.get(name)!.every((old, i) => old === data[i])
  return [...dataOf(model)].filter(([name, data]) => !isSame(name, data)).map(([name]) => name)
}
const layersIn = (names: readonly string[]) => [...new Set(names.map((name) => name.split('.')[0]!))]

const layers = optim.layersOf(imported(), 1)

describe('a network from an ONNX file', () => {
  test('is locked and unlocked by name, also when it was imported locked', async () => {
    const model = nn.requiresGrad(imported({ trainable: false }), true, /^fc\./)
    expect(await changed(model, optim.sgd({ lr: 0.1 }))).toEqual(['fc.weight', 'fc.bias'])
    nn.requiresGrad(model, true, /^layer2\./)
    const names = await changed(model, optim.sgd({ lr: 0.1 }))
    expect(layersIn(names).sort()).toEqual(['fc', 'layer2'])
    expect(names.filter((name) => name.endsWith('running_mean')).length).toBeGreaterThan(0)
    expect(names).not.toContain('bn1.running_mean')
  })

  test('has running statistics that no call unlocks', () => {
    const statistic = nn.variables(imported()).get('bn1.running_mean')!
    expect(() => {
      statistic.trainable = true
    }).toThrow('bn1.running_mean: wanted trainable to stay false: it is no weight, got true')
    expect(() => nn.requiresGrad(imported(), false, /^layer9/)).toThrow('got /^layer9/; the names are')
  })

  test('has layers whose rates fall from the last to the first', async () => {
    expect(layers).toEqual(['conv1', 'bn1', 'layer1', 'layer2', 'fc'])
    const [plain, decayed] = [imported(), imported()]
    const first = dataOf(plain)
    await changed(plain, optim.sgd({ lr: 0.1 }))
    await changed(decayed, optim.sgd({ lr: 0.1, groups: optim.layerwiseDecay(layers, 0.5) }))
    for (const [i, layer] of layers.entries()) {
      const name = [...first.keys()].find((one) => one.startsWith(`${layer}.`) && one.endsWith('weight'))!
      const step = (model: object) =>
        Array.from(dataOf(model).get(name)!, (value, j) => value - first.get(name)![j]!)
      const wanted = step(plain).map((value) => value * 0.5 ** (layers.length - 1 - i))
      const most = Math.max(...wanted.map(Math.abs))
      expect(most, name).toBeGreaterThan(0)
      expect(difference(step(decayed), wanted) / most, name).toBeLessThan(1e-2)
    }
  })

  test('learns layer by layer', async () => {
    const groups = optim.gradualUnfreezing(layers, { every: 2 })
    const learnt = async (steps: number) =>
      layersIn(await changed(imported(), optim.sgd({ lr: 0.01, groups }), steps)).sort()
    expect(await learnt(2)).toEqual(['fc'])
    expect(await learnt(3)).toEqual(['fc', 'layer2'])
    expect(await learnt(5)).toEqual(['fc', 'layer1', 'layer2'])
  })

  test('has groups that never learn; a group that matches nothing is an error', async () => {
    const groups = [{ match: '^(conv1|bn1|layer1)\\.', trainable: false }]
    const names = await changed(imported(), optim.adamw({ lr: 0.01, groups }))
    expect(layersIn(names).sort()).toEqual(['fc', 'layer2'])
    const none = [{ match: '^layer9\\.', lrScale: 0.1 }]
    expect(() => taskOf(imported(), optim.sgd({ lr: 0.1, groups: none }))).toThrow('layer9')
  })

  test('locked and cut, has features on which a head learns as on top of it', async () => {
    const body = nn.requiresGrad(imported({ output: '/Flatten_output_0' }), false)
    const width = nn.variables(imported()).get('fc.weight')!.shape[1]!
    const head = () => nn.initialize(new nn.Linear(width, 5), 0)
    const cached = await features(body, source, { batchSize: 2, threads: 1 })
    expect(cached.x.shape).toEqual([width])
    const whole = taskOf(new nn.Sequential(body, head()), optim.sgd({ lr: 0.1 }))
    const model = head()
    const alone = new Task({
      ...{ model, loss: crossEntropy, optimizer: optim.sgd({ lr: 0.1 }), data: cached },
      threads: 1,
    })
    for (let step = 0; step < 3; step++) {
      const wanted = await whole.step(batch)
      const found = await alone.step({ x: cached.x.data, y: cached.y.data, length: 3 })
      expect(Math.abs(found - wanted)).toBeLessThan(1e-5)
    }
    expect(dataOf(body)).toEqual(dataOf(imported({ output: '/Flatten_output_0' })))
  })

  test('takes weights from a safetensors file, and writes them', async () => {
    const trained = imported()
    await changed(trained, optim.sgd({ lr: 0.1 }))
    const path = join(folder, 'trained.safetensors')
    writeFileSync(path, writeSafetensors(nn.variables(trained)))
    const model = imported()
    loadWeights(model, path, { only: ['layer2', 'fc'] })
    expect(dataOf(model).get('fc.weight')).toEqual(dataOf(trained).get('fc.weight'))
    expect(dataOf(model).get('conv1.weight')).toEqual(dataOf(imported()).get('conv1.weight'))
    expect(weightSources(model).map(({ file }) => file)).toEqual([undefined, 'trained.safetensors'])
  })
})

describe('a run on a network from an ONNX file', () => {
  const path = join(folder, 'body.onnx')
  const given = (epochs: number) =>
    experiment({
      data: { train: source, validation: subset(source, Int32Array.of(0)) },
      model: () => {
        const body = nn.fromOnnxBytes(new Uint8Array(readFileSync(path)))
        return new nn.Sequential(body, new nn.Linear(5, 5))
      },
      loss: crossEntropy,
      optimizer: optim.sgd({ lr: 0.01 }),
      batchSize: 3,
      epochs,
      threads: 1,
    })
  const train = async (epochs: number, resume = false) => {
    const run = new RunFolder(join(folder, 'run'), given(epochs), { resume })
    try {
      for await (const _ of run.events());
    } finally {
      run.close()
    }
  }

  test('records its file, and is not resumed from another', async () => {
    copyFileSync(file, path)
    await train(1)
    const { startedFrom, weightFiles } = JSON.parse(readFileSync(join(folder, 'run/run.json'), 'utf8'))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(startedFrom).toMatch(/^[0-9a-f]{32}$/)
    expect(weightFiles).toEqual([{ sha256 }])
    expect(weightSources(await nn.fromOnnx(path))).toEqual([{ file: 'body.onnx', sha256 }])
    await train(2, true)
    const other = imported()
    await changed(other, optim.sgd({ lr: 0.1 }))
    writeFileSync(path, exportOnnx(other, { shape: [3, 16, 16], dtype: 'float32' }))
    await expect(train(3, true)).rejects.toThrow(
      'other weights to start from; change it back, or begin another run',
    )
  })

  test('has the name of a file or of an address', async () => {
    const sourceOf = async (from: nn.OnnxPath) => weightSources(await nn.fromOnnx(from))[0]!.file
    const response = new Response(bytes)
    Object.defineProperty(response, 'url', { value: 'https://x.org/a/body.onnx?v=1#top' })
    expect(await sourceOf(response)).toBe('body.onnx')
    expect(await sourceOf(new File([bytes], 'mine.onnx'))).toBe('mine.onnx')
    expect(await sourceOf(bytes)).toBe(undefined)
    expect(() => nn.fromOnnxBytes('body.onnx' as never)).toThrow(
      'fromOnnxBytes: wanted the bytes of an ONNX file, got "body.onnx"',
    )
  })
})
