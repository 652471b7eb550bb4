import { expect, test } from 'vitest'
import { difference } from '../../test/support/golden.ts'
import type { Data } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { random } from '../core/random.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { relu } from '../ops/activation.ts'
import { add, mul, square } from '../ops/arithmetic.ts'
import { batchNorm, normalizeBy } from '../ops/batch-norm.ts'
import { sum } from '../ops/broadcast.ts'
import { type ConvolutionOptions, conv1d, conv2d } from '../ops/convolution.ts'
import { maxPool1d, maxPool2d } from '../ops/pool.ts'
import { blockConvolutions } from './blocked.ts'
import { nodeCpu } from './node-cpu.ts'

const feed = (shape: readonly number[], key: string) => {
  const source = random(key)
  return {
    dtype: 'float32' as const,
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => source.uniform(-1, 1)),
  }
}

type Inputs = Readonly<Record<string, Tensor>>

/** Runs a graph on random inputs. */
async function computed(read: Inputs, roots: readonly Tensor[], threads = 1): Promise<Data[]> {
  const named = roots.map((t, i): [string, Tensor] => [`y${i}`, t])
  const inputs = new Map(Object.entries(read))
  const session = await nodeCpu.open(toOnnx(inputs, new Map(named)), { threads, exact: false })
  const values = await session.run(new Map([...inputs].map(([name, { shape }]) => [name, feed(shape, name)])))
  return named.map(([name]) => values.get(name)!)
}

const inBlocks = async (roots: readonly Tensor[]): Promise<Tensor[]> =>
  blockConvolutions(roots, await nodeCpu.blockSize())

/** Runs tensors as they are traced, and again with convolutions in blocks. */
async function both(read: Inputs, roots: readonly Tensor[]): Promise<[Data[], Data[]]> {
  const values = await computed(read, [...roots, ...(await inBlocks(roots))])
  return [values.slice(0, roots.length), values.slice(roots.length)]
}

/** A convolution, and its gradients with respect to x and w from a given gradient of the output. */
function differentiated(x: Shape, w: Shape, options: ConvolutionOptions): [Inputs, Tensor[]] {
  const read = { x: input(x), w: input(w), b: input([w[0]!]) }
  const y = (x.length === 3 ? conv1d : conv2d)(read.x, read.w, read.b, options)
  const dy = input(y.shape)
  return [{ ...read, dy }, [y, ...gradients(sum(mul(y, dy)), [read.x, read.w, read.b])]]
}

test.each([
  ['stride and dilation', [2, 32, 9, 7], [48, 32, 3, 2], { stride: [2, 1], padding: 1, dilation: [1, 2] }],
  ['a batch in blocks', [16, 16, 8, 8], [16, 16, 3, 3], { padding: 1 }],
  ['several blocks of channels', [32, 32, 6, 5], [48, 32, 3, 2], { padding: 1 }],
  ['strides that leave elements unread', [16, 16, 8, 9], [16, 16, 3, 3], { stride: [2, 3] }],
  ['strips of an image', [16, 16, 16, 20], [64, 16, 3, 3], { padding: 1 }],
  ['fewer channels than a block', [32, 3, 9, 6], [16, 3, 3, 3], { padding: 1 }],
  ['a window of one', [16, 16, 4, 4], [32, 16, 1, 1], { stride: 2 }],
  ['one axis', [16, 16, 21], [32, 16, 5], { padding: 'same' }],
  ['one axis and one channel', [48, 1, 33], [16, 1, 9], { stride: 2 }],
] as const)(
  'a convolution and its gradients in blocks, with %s, are those of Conv',
  async (_, x, w, options) => {
    const [plain, fast] = await both(...differentiated(x, w, options as ConvolutionOptions))
    for (const [i, values] of fast.entries()) expect(difference(values, toList(plain[i]!))).toBeLessThan(1e-5)
  },
)

const bytes = (data: Data): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
const toList = (data: Data): number[] => Array.from(data, Number)

/** Two normalized convolutions with a shortcut, and the gradients of their sum of squares. */
function residual(shape: Shape): [Inputs, Tensor[]] {
  const channels = shape[1]!
  const w = (): Tensor => input([channels, channels, 3, 3])
  const read = { x: input(shape), w1: w(), w2: w(), gamma: input([channels]), beta: input([channels]) }
  const layer = (t: Tensor, weight: Tensor): Tensor =>
    batchNorm(conv2d(t, weight, undefined, { padding: 1 }), read.gamma, read.beta, 1e-5).y
  const first = relu(layer(read.x, read.w1))
  const last = relu(add(layer(first, read.w2), first))
  const evaluated = relu(normalizeBy(last, read.beta, square(read.gamma), read.gamma, undefined, 0.1))
  return [read, [last, evaluated, ...gradients(sum(square(last)), Object.values(read))]]
}

test('layers between convolutions stay in blocks, and compute the same numbers', async () => {
  const [read, roots] = residual([16, 16, 6, 7])
  const [plain, fast] = await both(read, roots)
  for (const [i, values] of fast.entries()) expect(difference(values, toList(plain[i]!))).toBeLessThan(2e-5)
  const operators = topological(await inBlocks(roots.slice(2))).map(({ op }) => op)
  // x and the last output are all that changes its order.
  expect(operators.filter((op) => op.endsWith('ReorderOutput')).length).toBeLessThanOrEqual(2)
  if ((await nodeCpu.blockSize()) > 1)
    for (const op of ['Relu', 'BatchNormalization', 'Greater']) expect(operators).not.toContain(op)
})

/** A max pool of a convolution, normalized, and its gradients from a given gradient of the output. */
function pooled(shape: Shape, pool: (x: Tensor) => Tensor): [Inputs, Tensor[]] {
  const kernel = shape.length === 3 ? [3] : [3, 3]
  const read = { x: input(shape), w: input([32, 16, ...kernel]), gamma: input([32]), beta: input([32]) }
  const convolved = (shape.length === 3 ? conv1d : conv2d)(read.x, read.w, undefined, { padding: 1 })
  const y = pool(relu(batchNorm(convolved, read.gamma, read.beta, 1e-5).y))
  const dy = input(y.shape)
  return [{ ...read, dy }, [y, ...gradients(sum(mul(y, dy)), Object.values(read))]]
}

test.each([
  ['pairs', [16, 16, 24], (x: Tensor) => maxPool1d(x, 2)],
  ['pairs of rows and columns', [16, 16, 6, 8], (x: Tensor) => maxPool2d(x, 2)],
  [
    'overlapping windows with padding',
    [16, 16, 7, 9],
    (x: Tensor) => maxPool2d(x, 3, { stride: 2, padding: 1 }),
  ],
  ['unused elements', [16, 16, 11], (x: Tensor) => maxPool1d(x, 2, { stride: 3 })],
  ['a last window past the end', [16, 16, 11], (x: Tensor) => maxPool1d(x, 2, { ceilMode: true })],
] as const)('a max pool of %s, and its gradient, stay in blocks', async (_, shape, pool) => {
  const [read, roots] = pooled(shape, pool)
  const [plain, fast] = await both(read, roots)
  for (const [i, values] of fast.entries()) expect(difference(values, toList(plain[i]!))).toBeLessThan(2e-5)
  const blocks = (await nodeCpu.blockSize()) > 1
  if (blocks) expect(topological(await inBlocks(roots)).map(({ op }) => op)).not.toContain('MaxPool')
  const whole = await inBlocks(roots)
  const [one, two] = [await computed(read, whole, 1), await computed(read, whole, 2)]
  expect(two.map((data, i) => bytes(data).equals(bytes(one[i]!)))).not.toContain(false)
})

test('the bytes are the same with one thread and with two', async () => {
  const [read, [y, , dw]] = differentiated([32, 16, 16, 16], [32, 16, 3, 3], { padding: 1 })
  const fast = await inBlocks([y!, dw!])
  const [one, two] = [await computed(read, fast, 1), await computed(read, fast, 2)]
  // Buffers compare fast; toEqual takes seconds for so many numbers.
  expect(two.map((data, i) => bytes(data).equals(bytes(one[i]!)))).toEqual([true, true])
})

test('only convolutions whose channels fill blocks change', () => {
  const blocks = (...tensors: Tensor[]): boolean[] =>
    blockConvolutions(tensors, 16).map((t) => topological([t]).some(({ op }) => op.includes('nchwc')))
  const x = (channels: number): Tensor => input([1, channels, 8, 8])
  const w = (o: number, c: number, k: number): Tensor => input([o, c, k, k])
  expect(
    blocks(
      conv2d(x(16), w(32, 16, 3)),
      conv2d(x(3), w(16, 3, 3)),
      conv2d(x(16), w(10, 16, 3)),
      conv2d(x(16), w(16, 16, 1)),
      conv2d(x(32), w(32, 16, 3), undefined, { groups: 2 }),
    ),
  ).toEqual([true, true, false, true, false])
  expect(blockConvolutions([conv2d(x(16), w(16, 16, 3))], 1)[0]!.op).toBe('Conv')
})
