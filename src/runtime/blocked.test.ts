import { expect, test } from 'vitest'
import { random } from '../core/random.ts'
import { sizeOf } from '../core/shape.ts'
import { input, type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { conv2d } from '../ops/convolution.ts'
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

test('a convolution in blocks of channels gives the numbers of Conv', async () => {
  const size = await nodeCpu.blockSize()
  expect([1, 8, 16]).toContain(size)
  const [x, w, b] = [input([2, 32, 9, 7]), input([48, 32, 3, 2]), input([48])]
  const y = conv2d(x, w, b, { stride: [2, 1], padding: 1, dilation: [1, 2] })
  const [fast] = blockConvolutions([y], size)
  const inputs = new Map([
    ['x', x],
    ['w', w],
    ['b', b],
  ])
  const model = toOnnx(
    inputs,
    new Map([
      ['y', y],
      ['fast', fast!],
    ]),
  )
  const session = await nodeCpu.open(model, { threads: 1, exact: false })
  const values = await session.run(new Map([...inputs].map(([name, { shape }]) => [name, feed(shape, name)])))
  const plain = values.get('y')!
  expect(plain.length).toBe(sizeOf(y.shape))
  for (const [i, v] of Array.from(values.get('fast')!, Number).entries())
    expect(v).toBeCloseTo(Number(plain[i]), 4)
})

test('only convolutions of images whose channels fill blocks change', () => {
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
  ).toEqual([true, false, false, false, false])
  expect(blockConvolutions([conv2d(x(16), w(16, 16, 3))], 1)[0]!.op).toBe('Conv')
})
