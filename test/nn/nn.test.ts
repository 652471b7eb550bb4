import { describe, expect, test } from 'vitest'
import { variables } from '../../src/core/state.ts'
import { input } from '../../src/core/tensor.ts'
import { trace } from '../../src/core/variable.ts'
import * as nn from '../../src/nn/index.ts'
import { compile } from '../../src/runtime/compile.ts'

describe('state names and first weights', () => {
  test('are PyTorch’s', () => {
    const model = new nn.Sequential(
      new nn.Linear(4, 3),
      new nn.ReLU(),
      new nn.BatchNorm1d(3),
      new nn.Linear(3, 2),
    )
    expect([...nn.variables(model)].map(([name, v]) => `${name} ${v.dtype} [${v.shape}]`)).toEqual([
      '0.weight float32 [3,4]',
      '0.bias float32 [3]',
      '2.weight float32 [3]',
      '2.bias float32 [3]',
      '2.running_mean float32 [3]',
      '2.running_var float32 [3]',
      '2.num_batches_tracked int64 []',
      '3.weight float32 [2,3]',
      '3.bias float32 [2]',
    ])
  })

  test('of Linear are uniform in ±1/√inFeatures, and the same for one seed', () => {
    const weights = (seed: number) => nn.initialize(new nn.Linear(100, 50), seed).weight.data
    expect(weights(0)).toEqual(weights(0))
    expect(weights(0)).not.toEqual(weights(1))
    const values = Array.from(weights(0), Number)
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.1)
    expect(Math.max(...values)).toBeGreaterThan(0.099)
    expect(values.reduce((a, b) => a + b ** 2, 0) / values.length).toBeCloseTo(0.01 / 3, 4)
  })

  test('initialize keeps what is there', () => {
    const layer = new nn.Linear(1, 1)
    layer.weight.data = Float32Array.of(42)
    expect(nn.initialize(layer, 0).weight.data[0]).toBe(42)
    expect(layer.bias!.initialized).toBe(true)
  })
})

describe('BatchNorm1d', () => {
  const step = async (bn: nn.BatchNorm1d, shape: readonly number[], mode: nn.Mode) => {
    nn.initialize(bn, 0)
    return compile({ x: { shape } }, ({ x }) => ({ y: bn.forward(x, mode) }))
  }
  const numbers = (data: ArrayLike<number | bigint> | undefined) => Array.from(data ?? [], Number)

  test('gives PyTorch’s numbers on [batch, channels, length], running statistics included', async () => {
    const bn = new nn.BatchNorm1d(2)
    const run = await step(bn, [2, 2, 2], 'train')
    const { y } = await run({ x: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9) })
    const wanted = [-1.2126766, -0.727606, -1.1531124, -0.7337989, 0.7276061, 1.2126768, 0.5241419, 1.362769]
    for (const [i, want] of wanted.entries()) expect(y[i]).toBeCloseTo(want, 5)
    expect(numbers(bn.runningMean?.data)[0]).toBeCloseTo(0.35, 6)
    expect(numbers(bn.runningMean?.data)[1]).toBeCloseTo(0.575, 6)
    expect(numbers(bn.runningVar?.data)[0]).toBeCloseTo(1.4666666, 6)
    expect(numbers(bn.runningVar?.data)[1]).toBeCloseTo(1.6583333, 6)
    expect(bn.numBatchesTracked?.data).toEqual(BigInt64Array.of(1n))
  })

  test('with momentum null averages all batches alike', async () => {
    const bn = new nn.BatchNorm1d(2, { momentum: null })
    const run = await step(bn, [2, 2, 2], 'train')
    for (const k of [1, 2, 3]) await run({ x: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9).map((x) => k * x) })
    expect(numbers(bn.runningMean?.data)).toEqual([7, 11.5])
    expect(numbers(bn.runningVar?.data)[0]).toBeCloseTo(26.4444446, 4)
    expect(numbers(bn.runningVar?.data)[1]).toBeCloseTo(35.3888893, 4)
  })

  test('takes a schedule of momenta, counted in steps', async () => {
    const bn = nn.initialize(new nn.BatchNorm1d(1, { momentum: (k) => (k === 0 ? 1 : 0) }), 0)
    const run = await compile({ x: { shape: [2, 1] } }, ({ x }) => ({ y: bn.forward(x, 'train') }), {
      loop: true,
    })
    await run({ x: Float32Array.of(1, 3, 100, 200) })
    expect(numbers(bn.runningMean?.data)).toEqual([2])
  })

  test('uses its running statistics in eval, and while frozen, and leaves them alone', async () => {
    for (const frozen of [false, true]) {
      const bn = new nn.BatchNorm1d(1, { eps: 1 })
      bn.frozen = frozen
      nn.initialize(bn, 0)
      bn.runningMean!.data = Float32Array.of(4)
      bn.runningVar!.data = Float32Array.of(8)
      const run = await step(bn, [2, 1], frozen ? 'train' : 'eval')
      expect(numbers((await run({ x: Float32Array.of(4, 10) })).y)).toEqual([0, 2])
      expect([numbers(bn.runningMean?.data), numbers(bn.numBatchesTracked?.data)]).toEqual([[4], [0]])
    }
  })

  test('without running statistics uses the batch’s own in eval as well', async () => {
    const bn = new nn.BatchNorm1d(1, { trackRunningStats: false, affine: false })
    expect([...nn.variables(bn).keys()]).toEqual([])
    const run = await step(bn, [2, 1], 'eval')
    expect(numbers((await run({ x: Float32Array.of(-5, 5) })).y).map(Math.round)).toEqual([-1, 1])
  })

  test('loses no digits at a large mean', async () => {
    const run = await step(new nn.BatchNorm1d(1, { affine: false }), [4, 1], 'train')
    const { y } = await run({ x: Float32Array.of(1, 2, 3, 4).map((x) => x + 100_000) })
    expect(y[0]).toBeCloseTo(-1.5 / Math.sqrt(1.25), 4)
  })

  test('names the layer that has fewer than 2 values a channel, or another shape', () => {
    const model = { head: { bn: new nn.BatchNorm1d(3) } }
    variables(model)
    const forward = (shape: readonly number[], mode: nn.Mode) => () =>
      trace(() => model.head.bn.forward(input(shape), mode))
    expect(forward([1, 3], 'train')).toThrow(
      'head.bn (BatchNorm1d): wanted 2 or more values per channel to train on, got [1, 3]; use a larger batch',
    )
    expect(forward([1, 3], 'eval')).not.toThrow()
    expect(forward([1, 3, 2], 'train')).not.toThrow()
    expect(forward([4, 2], 'train')).toThrow(
      'head.bn (BatchNorm1d): wanted [batch, 3] or [batch, 3, length], got [4, 2]',
    )
  })

  test('refuses arguments that cannot work', () => {
    expect(() => new nn.BatchNorm1d(0)).toThrow(
      'BatchNorm1d: wanted numFeatures as a positive integer, got 0',
    )
    expect(() => new nn.BatchNorm1d(1, { eps: 0 })).toThrow('BatchNorm1d: wanted eps as a number > 0, got 0')
    expect(() => new nn.BatchNorm1d(1, { momentum: 1.5 })).toThrow(
      'BatchNorm1d: wanted momentum as a number from 0 to 1, null or a schedule, got 1.5',
    )
  })
})

test('Linear tells which sizes it wanted', () => {
  expect(() => new nn.Linear(1.5, 2)).toThrow('Linear: wanted inFeatures as a positive integer, got 1.5')
  expect(() => trace(() => new nn.Linear(3, 2).forward(input([4, 5])))).toThrow(
    'linear: wanted […, 3] of float32, got float32 [4, 5]; the weight is [2, 3]',
  )
})
