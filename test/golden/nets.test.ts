import { expect, test } from 'vitest'
import { CharGpt } from '../../examples/nets/char-gpt.ts'
import { MobileNetV2 } from '../../examples/nets/mobilenet-v2.ts'
import { MobileNetV3Small } from '../../examples/nets/mobilenet-v3-small.ts'
import { resnet18, resnet34, resnet50 } from '../../examples/nets/resnet.ts'
import { VisionTransformer } from '../../examples/nets/vit.ts'
import { sizeOf } from '../../src/core/shape.ts'
import type { Variable } from '../../src/core/variable.ts'
import { dataset } from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import { crossEntropy } from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import { Task } from '../../src/train/task.ts'
import { difference, golden } from '../support/golden.ts'

interface Golden {
  readonly nets: Readonly<
    Record<
      string,
      {
        readonly output: readonly number[]
        readonly loss: number
        readonly shapes: Readonly<Record<string, readonly number[]>>
        readonly changes: Readonly<Record<string, readonly [norm: number, product: number]>>
      }
    >
  >
}

/** FNV-1a of a name. */
const stream = (name: string): number =>
  Array.from(name).reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 16777619), 2166136261)

/** Numbers of the stream of a name, as in `scripts/golden-nets.py`: multiples of 2⁻³² in [−0.5, 0.5). */
function noise(name: string, length: number): Float64Array {
  const start = stream(name)
  const values = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    let h = (Math.imul(i, 2654435761) + start) | 0
    h = Math.imul(h ^ (h >>> 15), 2246822507)
    h = Math.imul(h ^ (h >>> 13), 3266489909)
    values[i] = ((h ^ (h >>> 16)) >>> 0) / 2 ** 32 - 0.5
  }
  return values
}

function fill(name: string, variable: Variable): void {
  if (variable.dtype === 'int64') {
    variable.initialize(0)
    return
  }
  const { shape } = variable
  const isScale = /(weight|running_var)$/.test(name)
  const [mean, scale] =
    shape.length > 1 ? [0, 2 * Math.sqrt(3 / sizeOf(shape.slice(1)))] : [isScale ? 1 : 0, 0.5]
  variable.toDType('float64')
  variable.data = noise(name, sizeOf(shape)).map((value) => mean + scale * value)
}

const images = (size: number) =>
  dataset({
    x: noise('x', 4 * 3 * size * size).map((value) => 4 * value),
    y: Int32Array.of(0, 7, 4, 1),
    shape: [3, size, size],
    classes: 10,
  })
const characters = (name: string): Int32Array =>
  Int32Array.from(noise(name, 3 * 16), (value) => Math.floor((value + 0.5) * 27))
const text = dataset({
  x: characters('text'),
  y: characters('next'),
  shape: [16],
  targetShape: [16],
  classes: 27,
})
const small = { vocabSize: 27, blockSize: 16, layers: 2, heads: 4, features: 32 }
const patches = { imageSize: 32, patchSize: 8, layers: 2, heads: 4, hiddenDim: 32, mlpDim: 64 }

const nets = {
  resnet18: [() => resnet18(10), images(32)],
  resnet34: [() => resnet34(10), images(32)],
  resnet50: [() => resnet50(10), images(32)],
  mobilenetV2: [() => new MobileNetV2({ classes: 10, dropout: 0 }), images(32)],
  mobilenetV3Small: [() => new MobileNetV3Small({ classes: 10, dropout: 0 }), images(32)],
  vit: [() => new VisionTransformer(patches), images(32)],
  charGpt: [() => new CharGpt(small), text],
  charGptBias: [() => new CharGpt({ ...small, bias: true }), text],
} as const

test.each(Object.entries(nets))(
  '%s has the names, the output and the step of PyTorch',
  async (kind, [build, data]) => {
    const wanted = golden<Golden>('nets').nets[kind]!
    const model: nn.Module = build()
    const variables = nn.variables(model)
    for (const [name, variable] of variables) fill(name, variable)
    const tied = kind.startsWith('charGpt') ? ['lm_head.weight'] : []
    const shapes = Object.fromEntries([...variables].map(([name, { shape }]) => [name, shape]))
    expect(Object.keys(shapes).concat(tied).sort()).toEqual(Object.keys(wanted.shapes).sort())
    expect(wanted.shapes).toMatchObject(shapes)

    const { x, y, length } = data
    const inputs = { x: { shape: [length, ...x.shape], dtype: x.dtype } }
    const predict = await compile(inputs, (fed) => ({ output: model.forward(fed.x, 'eval') }), { threads: 1 })
    expect(difference((await predict({ x: x.data })).output, wanted.output)).toBeLessThan(1e-9)

    const before = new Map([...variables].map(([name, variable]) => [name, variable.data]))
    const task = new Task({
      model,
      loss: crossEntropy,
      optimizer: sgd({ lr: 0.1 }),
      data,
      dtype: 'float64',
      threads: 1,
    })
    const { losses } = await task.learn({ x: x.data, y: y.data, length }, length)
    expect(losses[0]! / wanted.loss).toBeCloseTo(1, 9)
    for (const [name, { data: after }] of variables) {
      const [first, other] = [before.get(name)!, noise(`of ${name}`, after.length)]
      const [norm, wantedProduct] = wanted.changes[name]!
      let [square, product] = [0, 0]
      for (let i = 0; i < after.length; i++) {
        const change = Number(after[i]) - Number(first[i])
        square += change ** 2
        product += change * other[i]!
      }
      const gap = Math.max(Math.abs(Math.sqrt(square) - norm), Math.abs(product - wantedProduct))
      expect(gap, name).toBeLessThan(1e-7 * norm + 1e-12) // a shift that the next layer cancels has no gradient
    }
  },
)
