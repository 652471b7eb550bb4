import { expect, test } from 'vitest'
import { gradients } from '../src/core/grad.ts'
import { random } from '../src/core/random.ts'
import { variables } from '../src/core/state.ts'
import * as nn from '../src/nn/index.ts'
import * as ops from '../src/ops/index.ts'
import { compile } from '../src/runtime/compile.ts'

test('a Hessian times a vector is the difference of two gradients', async () => {
  const source = random(3)
  const draw = (n: number, scale = 1): Float64Array =>
    Float64Array.from({ length: n }, () => scale * source.normal())
  const net = {
    fc1: new nn.Linear(5, 8),
    bn: new nn.BatchNorm1d(8),
    fc2: new nn.Linear(8, 3),
  }
  nn.toDType(nn.initialize(net, 0), 'float64')
  const weights = [...variables(net).values()].filter((v) => v.trainable)
  const spec = {
    x: { shape: [6, 5], dtype: 'float64' as const },
    y: { shape: [6], dtype: 'int32' as const },
  }
  const feeds = { x: draw(30), y: Int32Array.of(0, 1, 2, 0, 1, 2) }
  // A smooth network: the softmax between the layers has no kink.
  const lossOf = ({ x, y }: { x: Parameters<typeof ops.exp>[0]; y: typeof x }): typeof x =>
    ops.crossEntropy(net.fc2.forward(net.bn.forward(ops.softmax(net.fc1.forward(x)), 'train')), y)

  const direction = weights.map((w) => draw(w.data.length))
  const product = await compile(
    {
      ...spec,
      ...Object.fromEntries(weights.map((w, i) => [`v${i}`, { shape: w.shape, dtype: 'float64' as const }])),
    },
    (given) => {
      const values = weights.map((w) => w.value)
      const slopes = gradients(lossOf(given as never), values)
      const along = slopes.map((g, i) => ops.sum(ops.mul(g, given[`v${i}` as keyof typeof given])))
      const hv = gradients(
        along.reduce((a, b) => ops.add(a, b)),
        values,
      )
      return Object.fromEntries(hv.map((t, i) => [`h${i}`, t]))
    },
  )
  const slope = await compile(spec, (given) => {
    const values = weights.map((w) => w.value)
    return Object.fromEntries(gradients(lossOf(given), values).map((t, i) => [`g${i}`, t]))
  })
  const exact = await product({
    ...feeds,
    ...Object.fromEntries(direction.map((v, i) => [`v${i}`, v])),
  } as never)

  const h = 1e-5
  const start = weights.map((w) => w.data as Float64Array)
  const moved = async (sign: number): Promise<Record<string, ArrayLike<number>>> => {
    for (const [i, w] of weights.entries()) w.data = start[i]!.map((x, j) => x + sign * h * direction[i]![j]!)
    return (await slope(feeds)) as never
  }
  const [above, below] = [await moved(1), await moved(-1)]
  for (const i of weights.keys()) {
    const wanted = Array.from(above[`g${i}`]!, (a, j) => (a - below[`g${i}`]![j]!) / (2 * h))
    const scale = Math.max(1, ...wanted.map(Math.abs))
    for (const [j, want] of wanted.entries()) {
      expect(Math.abs(Number(exact[`h${i}`]![j]) - want) / scale).toBeLessThan(1e-7)
    }
  }
})
