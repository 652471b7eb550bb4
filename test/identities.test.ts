import { describe, expect, test } from 'vitest'
import { toData } from '../src/core/dtype.ts'
import { gradients } from '../src/core/grad.ts'
import { random } from '../src/core/random.ts'
import { variables } from '../src/core/state.ts'
import type { Tensor } from '../src/core/tensor.ts'
import type { Variable } from '../src/core/variable.ts'
import * as nn from '../src/nn/index.ts'
import { crossEntropy, detach, mul, neg, relu, sub, sum } from '../src/ops/index.ts'
import { sgd } from '../src/optim/index.ts'
import { compile } from '../src/runtime/compile.ts'

// What batch normalization makes exactly true of a network's gradients and of gradient descent on it. Layers before a
// normalization do not feel the size of their weights: they are scale-invariant.

type DType = 'float32' | 'float64'
const [batch, features, classes] = [64, 12, 5]
const eps = 1e-300 // nothing beside a variance, and 0 in float32

class Net implements nn.Module {
  readonly fc1: nn.Linear = new nn.Linear(features, 16)
  readonly bn1: nn.BatchNorm1d = new nn.BatchNorm1d(16, { eps })
  readonly fc2: nn.Linear = new nn.Linear(16, 16, { bias: false })
  readonly bn2: nn.BatchNorm1d = new nn.BatchNorm1d(16, { eps })
  readonly out: nn.Linear = new nn.Linear(16, classes)

  forward(x: Tensor, mode: nn.Mode): Tensor {
    const h = relu(this.bn1.forward(this.fc1.forward(x), mode))
    return this.out.forward(relu(this.bn2.forward(this.fc2.forward(h), mode)))
  }

  /** The scale-invariant weights by name. */
  get invariant(): Map<string, Variable> {
    return new Map([...variables(this)].filter(([name]) => /^fc\d\.weight$/.test(name)))
  }
}

/** A network whose γ and β are not all 1 and 0. */
function makeNet(dtype: DType = 'float64'): Net {
  const net = nn.toDType(nn.initialize(new Net(), 0), dtype)
  for (const bn of [net.bn1, net.bn2]) {
    const source = random('affine')
    bn.weight!.data = toData(
      dtype,
      Float64Array.from({ length: 16 }, () => source.uniform(0.5, 1.5)),
    )
    bn.bias!.data = toData(
      dtype,
      Float64Array.from({ length: 16 }, () => source.uniform(-0.5, 0.5)),
    )
  }
  return net
}

const source = random('examples')
const x = Float64Array.from({ length: batch * features }, () => source.normal())
const y = Int32Array.from({ length: batch }, () => Math.floor(source.uniform(0, classes)))
const inputs = (dtype: DType) =>
  ({ x: { shape: [batch, features], dtype }, y: { shape: [batch], dtype: 'int32' } }) as const
type Inputs = { x: Tensor; y: Tensor }

/** Numbers about one training step of `net`, in float64. */
async function measure(
  net: Net,
  of: (loss: Tensor) => Record<string, Tensor>,
): Promise<Record<string, Float64Array>> {
  const step = await compile(inputs('float64'), ({ x, y }: Inputs) =>
    of(crossEntropy(net.forward(x, 'train'), y)),
  )
  return (await step({ x, y })) as Record<string, Float64Array>
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((total, value, i) => total + value * b[i]!, 0)
const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a))
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => dot(a, b) / (norm(a) * norm(b))
const rowsOf = (a: Float64Array, columns: number): Float64Array[] =>
  Array.from({ length: a.length / columns }, (_, i) => a.subarray(i * columns, (i + 1) * columns))
const scaled = (a: ArrayLike<number>, c: number): Float64Array => Float64Array.from(a, (value) => c * value)

/** The greatest difference, relative to the greatest number wanted. */
const gap = (a: Float64Array, wanted: Float64Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - wanted[i]!))) / Math.max(...wanted.map(Math.abs))

describe('a gradient is orthogonal to weights whose size does not matter', () => {
  // van Laarhoven 2017, https://arxiv.org/abs/1706.05350; Arora, Li & Lyu 2018, https://arxiv.org/abs/1812.03981.
  const slopes = (net: Net, name: 'fc1' | 'fc2' | 'out'): Promise<Record<string, Float64Array>> =>
    measure(net, (loss) => ({ g: gradients(loss, [net[name].weight.value])[0]! }))

  test.each(['fc1', 'fc2'] as const)('for each neuron of %s', async (name) => {
    const net = makeNet()
    const { g } = await slopes(net, name)
    const columns = net[name].weight.shape[1]!
    const weights = rowsOf(net[name].weight.data as Float64Array, columns)
    for (const [i, row] of rowsOf(g!, columns).entries()) {
      expect(Math.abs(cosine(row, weights[i]!))).toBeLessThan(1e-12)
    }
  })

  test('but not to those that nothing normalises', async () => {
    const net = makeNet()
    const { g } = await slopes(net, 'out')
    expect(Math.abs(cosine(g!, net.out.weight.data as Float64Array))).toBeGreaterThan(1e-2)
  })

  test('and c times larger weights have a c times smaller one', async () => {
    const net = makeNet()
    const { g } = await slopes(net, 'fc1')
    net.fc1.weight.data = scaled(net.fc1.weight.data as Float64Array, 3)
    expect(gap((await slopes(net, 'fc1')).g!, scaled(g!, 1 / 3))).toBeLessThan(1e-12)
  })

  test('and the Hessian maps the weights to minus their gradient', async () => {
    const net = makeNet()
    const { g, hw } = await measure(net, (loss) => {
      const w = net.fc1.weight.value
      const [g] = gradients(loss, [w])
      const [hw] = gradients(sum(mul(g!, detach(w))), [w])
      return { g: neg(g!), hw: hw! }
    })
    expect(gap(hw!, g!)).toBeLessThan(1e-11)
    expect(Math.abs(cosine(hw!, net.fc1.weight.data as Float64Array))).toBeLessThan(1e-11)
  })
})

describe('the gradient passes batch normalization as a projection', () => {
  // Santurkar et al. 2018, https://arxiv.org/abs/1805.11604, theorem 4.1, as an equality:
  // |dL/dx|² = γ²/σ² · (|g|² − ⟨1, g⟩²/n − ⟨g, x̂⟩²/n) for each channel, where g = dL/dy and y = γ·x̂ + β.
  test.each(['bn1', 'bn2'] as const)('of %s', async (name) => {
    const net = makeNet()
    const calls: nn.Call[] = []
    const step = await compile(inputs('float64'), ({ x, y }: Inputs) => {
      const logits = nn.observe(
        net,
        (call) => calls.push(call),
        () => net.forward(x, 'train'),
      )
      const { inputs, output } = calls.find((call) => call.module === net[name])!
      const before = inputs[0] as Tensor
      const [dx, g] = gradients(crossEntropy(logits, y), [before, output])
      return { x: before, y: output, dx: dx!, g: g! }
    })
    const results = await step({ x, y })
    const column = (key: keyof typeof results, c: number): number[] =>
      Array.from({ length: batch }, (_, i) => Number(results[key][16 * i + c]))
    for (let c = 0; c < 16; c++) {
      const [dx, g, before, after] = [column('dx', c), column('g', c), column('x', c), column('y', c)]
      const [gamma, beta] = [net[name].weight, net[name].bias].map((v) => Number(v!.data[c]))
      const mean = before.reduce((a, b) => a + b) / batch
      const sigma2 = before.reduce((total, a) => total + (a - mean) ** 2, 0) / batch
      const hat = after.map((value) => (value - beta!) / gamma!)
      const total = g.reduce((a, b) => a + b)
      const kept = dot(g, g) - total ** 2 / batch - dot(g, hat) ** 2 / batch
      expect(dot(dx, dx) / ((gamma! ** 2 / sigma2) * kept)).toBeCloseTo(1, 12)
    }
  })

  test('a bias before it has no gradient', async () => {
    const net = makeNet()
    const { bias, weight } = await measure(net, (loss) => {
      const [bias, weight] = gradients(loss, [net.fc1.bias!.value, net.fc1.weight.value])
      return { bias: bias!, weight: weight! }
    })
    expect(norm(bias!) / norm(weight!)).toBeLessThan(1e-15)
  })
})

test('γ and β that feed another normalization are scale-invariant together', async () => {
  // Li & Arora 2019, https://arxiv.org/abs/1910.07454, appendix C: Σ γ·dL/dγ + β·dL/dβ = 0.
  const net = makeNet()
  const slopes = await measure(net, (loss) => {
    const wrt = [net.bn1.weight!, net.bn1.bias!, net.bn2.weight!, net.bn2.bias!].map((v) => v.value)
    const [w1, b1, w2, b2] = gradients(loss, wrt)
    return { w1: w1!, b1: b1!, w2: w2!, b2: b2! }
  })
  const along = (bn: nn.BatchNorm1d, dWeight: Float64Array, dBias: Float64Array): number =>
    cosine([...(bn.weight!.data as Float64Array), ...(bn.bias!.data as Float64Array)], [...dWeight, ...dBias])
  expect(Math.abs(along(net.bn1, slopes.w1!, slopes.b1!))).toBeLessThan(1e-12)
  expect(Math.abs(along(net.bn2, slopes.w2!, slopes.b2!))).toBeGreaterThan(1e-2) // nothing normalises after bn2
})

describe('gradient descent on scale-invariant weights', () => {
  const steps = 500
  const repeat = <T extends Float64Array | Int32Array>(data: T, of: (length: number) => T): T => {
    const all = of(steps * data.length)
    for (let k = 0; k < steps; k++) all.set(data as never, k * data.length)
    return all
  }
  const manyY = repeat(y, (n) => new Int32Array(n))
  // Each step sees the examples a little brighter, so that steps differ.
  const manyX = repeat(x, (n) => new Float64Array(n)).map(
    (value, i) => value + Math.sin(i + Math.floor(i / x.length)),
  )

  /** The losses of 500 steps from weights c times larger, at a fixed rate. */
  async function losses(dtype: DType, c: number, lr: number): Promise<number[]> {
    const net = makeNet(dtype)
    net.fc1.bias!.data = toData(dtype, new Float64Array(16)) // it would not grow with the weights
    for (const w of net.invariant.values()) w.data = toData(dtype, scaled(w.data as Float64Array, c))
    const optimizer = sgd({ lr }).attach(net.invariant)
    const step = await compile(
      inputs(dtype),
      ({ x, y }: Inputs) => {
        const loss = crossEntropy(net.forward(x, 'train'), y)
        optimizer.minimize(loss)
        return { loss }
      },
      { loop: true },
    )
    const { loss } = await step({ x: toData(dtype, manyX), y: manyY })
    return Array.from(loss as Float64Array)
  }

  describe.each(['float64', 'float32'] as const)('in %s', (dtype) => {
    // Li & Arora 2019, lemma 2.
    test.each([4, 1 / 4])(
      'weights × %d and rate × its square give the same losses, bit for bit',
      async (c) => {
        const plain = await losses(dtype, 1, 0.5)
        expect(await losses(dtype, c, c * c * 0.5)).toEqual(plain)
        expect(plain.at(-1)).toBeLessThan(0.8 * plain[0]!)
      },
    )

    test('weights × 4 alone give others', async () => {
      expect(await losses(dtype, 4, 0.5)).not.toEqual(await losses(dtype, 1, 0.5))
    })
  })

  test('moves at right angles, so that weights only grow', async () => {
    // |w − η·g|² = |w|² + η²·|g|². Arora, Li & Lyu 2018, lemma 2.4.
    const net = makeNet()
    const lr = 0.5
    const square = (t: Tensor): Tensor => sum(mul(t, t))
    const step = await compile(
      inputs('float64'),
      ({ x, y }: Inputs) => {
        const before = net.fc1.weight.value
        const [g] = gradients(crossEntropy(net.forward(x, 'train'), y), [before])
        const after = sub(before, mul(g!, lr))
        net.fc1.weight.assign(after)
        return { before: square(before), after: square(after), slope: square(g!) }
      },
      { loop: true },
    )
    const { before, after, slope } = await step({ x: manyX, y: manyY })
    for (let k = 0; k < steps; k++) {
      const wanted = Number(before[k]) + lr ** 2 * Number(slope[k])
      expect(Math.abs(Number(after[k]) / wanted - 1)).toBeLessThan(1e-12)
      expect(Number(after[k])).toBeGreaterThan(Number(before[k]))
    }
  })
})
