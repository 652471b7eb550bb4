import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { adamw, type Optimizer, sgd } from '../../src/optim/index.ts'
import { experiment, RunFolder, taskOf } from '../../src/train/index.ts'

const root = mkdtempSync(join(tmpdir(), 'evenstep-threads-'))
afterAll(() => rmSync(root, { recursive: true }))

/** A data set of `length` examples with `size` numbers each in two classes. */
const numbers = (length: number, size: number): data.Dataset =>
  data.dataset({
    x: Float32Array.from({ length: length * size }, (_, i) => Math.sin(i * i)),
    y: Int32Array.from({ length }, (_, i) => i % 2),
    shape: [size],
    classes: 2,
  })

const mlp =
  (...sizes: readonly number[]) =>
  (): nn.Module =>
    new nn.Sequential(
      ...sizes
        .slice(1)
        .flatMap((out, i) => [
          new nn.Linear(sizes[i]!, out),
          ...(i < sizes.length - 2 ? [new nn.ReLU(), new nn.BatchNorm1d(out)] : []),
        ]),
    )

/** Attention over 16 tokens with 32 features each. */
class Attention implements nn.Module {
  readonly attention: nn.MultiheadAttention = new nn.MultiheadAttention(32, 4, { batchFirst: true })
  readonly norm: nn.LayerNorm = new nn.LayerNorm(32)
  readonly head: nn.Linear = new nn.Linear(32, 2)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const tokens = ops.reshape(x, [x.shape[0]!, 16, 32])
    return this.head.forward(ops.mean(this.norm.forward(this.attention.forward(tokens, mode)), [1]))
  }
}

interface Net {
  readonly model: () => nn.Module
  readonly size: number
  readonly batchSize: number
  readonly optimizer: Optimizer
}

const nets: Readonly<Record<string, Net>> = {
  'wide layers': {
    model: mlp(100, 160, 160, 2),
    size: 100,
    batchSize: 192,
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
  },
  'a large batch': {
    model: mlp(30, 64, 2),
    size: 30,
    batchSize: 1024,
    optimizer: adamw({ lr: 1e-3, clip: { norm: 1 } }),
  },
  'many layers and averages': {
    model: mlp(64, 64, 64, 64, 2),
    size: 64,
    batchSize: 256,
    optimizer: adamw({ lr: 1e-3, average: { type: 'ema' } }),
  },
  attention: { model: () => new Attention(), size: 512, batchSize: 64, optimizer: adamw({ lr: 1e-3 }) },
}

/** Trains a net for three steps, and returns all bytes of its state. */
async function trained({ model, size, batchSize, optimizer }: Net, threads?: number): Promise<Buffer[]> {
  const source = numbers(3 * batchSize, size)
  const setup = experiment({
    data: { train: source, validation: numbers(batchSize, size) },
    model,
    loss: ops.crossEntropy,
    optimizer,
    batchSize,
    epochs: 1,
    ...(threads !== undefined && { threads }),
  })
  const task = taskOf(setup)
  for (const stack of data.loader(source, { batchSize, seed: 0 }).stacks(0, () => 3))
    await task.learn(stack, batchSize)
  const { loss } = await task.evaluate(setup.data.validation, { batchSize })
  const values = [...task.variables.values(), ...task.optimizerState.values()].map(({ data: own }) => own)
  return [...values, Float64Array.of(loss)].map((own) =>
    Buffer.from(own.buffer, own.byteOffset, own.byteLength),
  )
}

describe('a step', () => {
  test.each(Object.entries(nets))(
    'of %s computes the same bytes with two threads as with one',
    async (_, net) => {
      const one = await trained(net, 1)
      for (const threads of [2, undefined])
        expect(await trained(net, threads), `${threads} threads`).toEqual(one)
    },
  )
})

describe.skipIf(availableParallelism() === 1)('a run', () => {
  const setup = (threads?: number) =>
    experiment({
      data: { train: numbers(128 * 6, 100), validation: numbers(128, 100) },
      model: mlp(100, 128, 128, 2),
      loss: ops.crossEntropy,
      optimizer: sgd({ lr: (step) => 0.1 / (1 + step) }),
      batchSize: 128,
      epochs: 4,
      ...(threads !== undefined && { threads }),
    })
  const threadsIn = (name: string): unknown =>
    JSON.parse(readFileSync(join(root, name, 'run.json'), 'utf8')).timedThreads

  test('keeps the numbers of threads that timing chose, and resumes with them', async () => {
    const folder = new RunFolder(join(root, 'timed'), setup())
    // Eight short calls, or eight long ones where other work makes them long.
    for (let k = 0; k < 16; k++) await folder.task.learn(batch(), 128)
    await folder.save()
    folder.close()
    const timed = threadsIn('timed') as Record<string, number>
    expect(timed).toEqual(folder.task.timedThreads)
    expect(Object.values(timed)).toEqual([expect.toBeOneOf([1, Math.min(4, availableParallelism())])])
    const resumed = new RunFolder(join(root, 'timed'), setup(), { resume: true })
    resumed.close()
    expect(threadsIn('timed')).toEqual(timed)
  })

  test('with a given number of threads times nothing', async () => {
    const folder = new RunFolder(join(root, 'given'), setup(2))
    for (let k = 0; k < 9; k++) await folder.task.learn(batch(), 128)
    await folder.save()
    folder.close()
    expect(folder.task.timedThreads).toEqual({})
    expect(threadsIn('given')).toBeUndefined()
  })

  const batch = () => ({ x: numbers(128, 100).x.data, y: numbers(128, 100).y.data, length: 128 })
})
