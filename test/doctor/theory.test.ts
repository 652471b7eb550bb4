import { describe, expect, test } from 'vitest'
import { random } from '../../src/core/random.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { Variable } from '../../src/core/variable.ts'
import { angleBetween, concatenated, dot, length, meanOf } from '../../src/core/vector.ts'
import { dataset, loader } from '../../src/data/index.ts'
import { sharpnessOf } from '../../src/doctor/diagnostics/sharpness.ts'
import { curvatureAlongGradient, hessianProduct } from '../../src/doctor/hessian.ts'
import { drift, effectiveRates, equilibrium, examine, isFinding, Subject } from '../../src/doctor/index.ts'
import { greatestEigenvalue, greatestOfTridiagonal } from '../../src/doctor/lanczos.ts'
import { type Outputs, structureOf } from '../../src/doctor/structure.ts'
import * as nn from '../../src/nn/index.ts'
import { batchNorms } from '../../src/nn/norm/freeze.ts'
import * as ops from '../../src/ops/index.ts'
import { adamw, lion, noDecayOnNormAndBias, type Optimizer, sgd } from '../../src/optim/index.ts'
import type { WeightRule } from '../../src/optim/weight-rule.ts'
import * as schedule from '../../src/schedule/index.ts'
import { taskOf } from '../../src/train/train.ts'
import { atTheEdge, diagnosed, network, points, setup, subjectOf, trained } from './runs.ts'

/** All eigenvalues of a symmetric matrix by Jacobi's rotations, in ascending order. */
function eigenvalues(matrix: readonly Float64Array[]): number[] {
  const a = matrix.map((row) => Float64Array.from(row))
  const n = a.length
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < 1e-300) continue
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!)
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1))
        const c = 1 / Math.hypot(t, 1)
        const s = t * c
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k]![p]!, a[k]![q]!]
          a[k]![p] = c * x - s * y
          a[k]![q] = s * x + c * y
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[p]![k]!, a[q]![k]!]
          a[p]![k] = c * x - s * y
          a[q]![k] = s * x + c * y
        }
      }
    }
  }
  return a.map((row, i) => row[i]!).sort((x, y) => x - y)
}

/** A symmetric matrix with these eigenvalues, turned by reflections. */
function matrixOf(values: readonly number[]): Float64Array[] {
  const n = values.length
  const source = random('matrix')
  let a: Float64Array[] = values.map((value, i) =>
    Float64Array.from({ length: n }, (_, j) => (i === j ? value : 0)),
  )
  for (let k = 0; k < 3; k++) {
    const v = Float64Array.from({ length: n }, () => source.normal())
    const scale = 2 / dot(v, v)
    const reflected = (rows: Float64Array[]): Float64Array[] =>
      rows.map((row) => row.map((x, j) => x - scale * dot(row, v) * v[j]!))
    const transposed = (rows: Float64Array[]): Float64Array[] =>
      rows.map((_, i) => Float64Array.from(rows, (row) => row[i]!))
    a = transposed(reflected(transposed(reflected(a))))
  }
  return a
}

describe('Lanczos', () => {
  test('finds the greatest eigenvalue, where the one of greatest size is negative', async () => {
    const values = [-40, -8, -1, 0, 0.5, 1, 2, 2.5, 2.9, 3]
    const matrix = matrixOf(values)
    expect(eigenvalues(matrix).at(0)).toBeCloseTo(-40, 8)
    const times = async (v: Float64Array): Promise<Float64Array> =>
      Float64Array.from(matrix, (row) => dot(row, v))
    expect(await greatestEigenvalue(times, 10, { tolerance: 0 })).toBeCloseTo(3, 10)
    expect(await greatestEigenvalue(times, 10)).toBeGreaterThan(2.9)
  })

  test('ends at once where all directions are alike, and of one number', async () => {
    let products = 0
    const twice = async (v: Float64Array): Promise<Float64Array> => {
      products++
      return v.map((x) => 2 * x)
    }
    expect(await greatestEigenvalue(twice, 50)).toBeCloseTo(2, 12)
    expect(products).toBe(1)
    expect(await greatestEigenvalue(twice, 1)).toBeCloseTo(2, 12)
  })

  test('of a tridiagonal matrix is that of the whole', () => {
    const [diagonal, beside] = [
      [1, -5, 2, 0.5],
      [0.3, 2, 0],
    ]
    const whole = diagonal!.map((d, i) =>
      Float64Array.from({ length: 4 }, (_, j) =>
        i === j ? d : Math.abs(i - j) === 1 ? beside![Math.min(i, j)]! : 0,
      ),
    )
    expect(greatestOfTridiagonal(diagonal!, beside!)).toBeCloseTo(eigenvalues(whole).at(-1)!, 12)
  })
})

describe('the Hessian of a network with BN', () => {
  const tiny = setup({
    dtype: 'float64',
    data: points(64),
    batchSize: 64,
    model: () =>
      new nn.Sequential(
        new nn.Linear(16, 3, { bias: false }),
        new nn.BatchNorm1d(3),
        new nn.Tanh(),
        new nn.Linear(3, 4),
      ),
  })
  const subject = new Subject(tiny, taskOf(tiny))
  const [batch] = subject.batches(1)
  const product = hessianProduct(subject, batch!)
  const weights = [...subject.trained.values()]
  const size = weights.reduce((n, { data }) => n + data.length, 0)

  /** Row by row, from central differences of gradients. */
  async function explicit(): Promise<Float64Array[]> {
    const slope = async (): Promise<Float64Array> =>
      concatenated([...(await subject.slope(batch!)).gradient.values()])
    const rows: Float64Array[] = []
    const h = 1e-5
    for (const w of weights) {
      const before = w.data as Float64Array
      for (let i = 0; i < before.length; i++) {
        const at = async (by: number): Promise<Float64Array> => {
          w.data = before.map((x, j) => (i === j ? x + by : x))
          return slope()
        }
        const [up, down] = [await at(h), await at(-h)]
        rows.push(up.map((x, j) => (x - down[j]!) / (2 * h)))
      }
      w.data = before
    }
    return rows
  }

  test('times a vector, and its greatest eigenvalue, are those of the explicit one', async () => {
    const matrix = await explicit()
    const source = random('v')
    const v = Float64Array.from({ length: size }, () => source.normal())
    const [exact, got] = [matrix.map((row) => dot(row, v)), await product(v)]
    for (const [i, x] of exact.entries()) expect(got[i]).toBeCloseTo(x, 6)
    expect(await greatestEigenvalue(product, size, { steps: size, tolerance: 1e-9 })).toBeCloseTo(
      eigenvalues(matrix).at(-1)!,
      5,
    )
    expect(await sharpnessOf(subject)).toBeCloseTo(eigenvalues(matrix).at(-1)!, 1)
    const g = concatenated([...(await subject.slope(batch!)).gradient.values()])
    const along =
      dot(
        matrix.map((row) => dot(row, g)),
        g,
      ) / dot(g, g)
    expect(await curvatureAlongGradient(subject, batch!)).toBeCloseTo(along, 6)
  })

  test('times the weights before BN is minus their gradient: Hw = −g, wᵀHw = 0', async () => {
    // Li & Arora 2019, lemma 1, for the block of the scale-invariant weights; eps keeps it from being exact.
    const { gradient } = await subject.slope(batch!)
    const w = concatenated(weights.map(({ data }, i) => (i === 0 ? data : new Float64Array(data.length))))
    const g = gradient.get('0.weight')!
    const got = (await product(w)).subarray(0, g.length)
    for (const [i, x] of got.entries()) expect(x).toBeCloseTo(-Number(g[i]), 3)
    expect(dot(got, w.subarray(0, g.length))).toBeCloseTo(0, 3)
  })
})

test('gradient descent ends at a sharpness of 2/η (Cohen et al. 2021)', async () => {
  const run = await trained(atTheEdge())
  for (const id of ['D13', 'D14']) {
    const said = await diagnosed(run, id)
    expect(isFinding(said) && said.value, id).toBeGreaterThan(0.9)
    expect(isFinding(said) && said.value, id).toBeLessThan(1.1)
  }
})

describe('weights before BN under weight decay', () => {
  const groups = [...noDecayOnNormAndBias(), { match: '^6', weightDecay: 0 }]
  test.each([
    ['sgd', 0.1, sgd({ lr: 0.02, weightDecay: 0.02, groups })],
    ['sgd with momentum 0.9', 0.05, sgd({ lr: 0.02, momentum: 0.9, weightDecay: 2e-3, groups })],
    ['sgd with momentum 0.5', 0.1, sgd({ lr: 0.05, momentum: 0.5, weightDecay: 4e-3, groups })],
    ['adamw', 0.15, adamw({ lr: 2e-3, weightDecay: 0.2, groups })],
  ])('come to rest by %s at the angle of the formula', async (_, tolerance, optimizer) => {
    const run = await trained({ data: points(512, 0.2), optimizer, epochs: 300, log: { batchNorm: true } })
    const rule = subjectOf(run).rule('0.weight')
    const { angle, time } = equilibrium(rule, run.task.steps - 1)!
    expect(run.task.steps).toBeGreaterThan(3 * time)
    for (const layer of ['1', '4']) {
      const logged = Array.from(run.log.logs![`${layer}.angle`]!).slice(-1000)
      const measured = Math.sqrt(meanOf(logged.map((x) => x * x)))
      expect(Math.abs(measured / angle - 1), layer).toBeLessThan(tolerance)
    }
    const said = await diagnosed(run, 'D3')
    expect(isFinding(said) && said.value).toBeCloseTo(1, 0)
  })

  test('have none without decay, at a rate of 0, or by another optimizer', () => {
    const by = (optimizer: Optimizer): WeightRule => ({
      traits: optimizer.traits(),
      rates: Float64Array.of(0.1, 0),
      momentum: () => 0.9,
      weightDecay: () => 0.01,
    })
    const rule = by(sgd({ lr: 1 }))
    expect(equilibrium(rule, 0)).toEqual({
      angle: Math.sqrt(0.002 / 1.9),
      drift: Math.sqrt(0.002 / (1 - 0.9)),
      time: (1 - 0.9) / 0.004,
    })
    expect(equilibrium(rule, 1)).toBeUndefined()
    expect(equilibrium({ ...rule, weightDecay: () => 0 }, 0)).toBeUndefined()
    expect(equilibrium(by(lion({ lr: 1 })), 0)).toBeUndefined()
    expect(equilibrium(by(adamw({ lr: 1 })), 0)!.time).toBeCloseTo(500, 9)
  })
})

test('drift is that of the statistics computed in float64', async () => {
  const model = new nn.Sequential(new nn.BatchNorm1d(2), new nn.Linear(2, 2))
  const x = Float32Array.of(1, 10, 2, 20, 4, 10, 5, 40)
  const data = dataset({ x, y: Int32Array.of(0, 1, 0, 1) })
  nn.initialize(model, 0)
  const { runningMean, runningVar } = batchNorms(model).get('0')!
  runningMean!.data = Float32Array.of(2, 25)
  runningVar!.data = Float32Array.of(4, 100)
  const before = [runningMean!.data, runningVar!.data]
  const found = (await drift({ model }, loader(data, { batchSize: 2 }))).get('0')!
  const wanted = [
    [3, 2.5, 2, 4], // the mean and population variance of 1, 2, 4, 5; then the running ones
    [20, 150, 25, 100],
  ].map(([mu, s, rm, rv]) => ({
    z: Math.abs(rm! - mu!) / Math.sqrt(s! + 1e-5),
    kl: 0.5 * (Math.log((rv! + 1e-5) / (s! + 1e-5)) + (s! + 1e-5 + (mu! - rm!) ** 2) / (rv! + 1e-5) - 1),
  }))
  for (const [c, { z, kl }] of wanted.entries()) {
    expect(found.z[c]).toBeCloseTo(z, 6)
    expect(found.kl[c]).toBeCloseTo(kl, 6)
  }
  expect(found.maxKl).toBe(Math.max(...found.kl))
  expect(found.meanZ).toBeCloseTo((found.z[0]! + found.z[1]!) / 2, 12)
  expect([runningMean!.data, runningVar!.data]).toEqual(before)
})

test('the noise scale is that of the gradients of single examples', async () => {
  // y = w·x without a bias: dL/dw of an example is 2(w·x − y)x, and the batches are all of the examples.
  const source = random('regression')
  const n = 64
  const x = Float64Array.from({ length: n }, () => source.normal(1))
  const y = Float64Array.from(x, (v) => 3 * v + source.normal())
  const data = dataset({ x, y, targetShape: [1], shape: [1] })
  const run = await trained({
    data: { train: data, validation: data },
    dtype: 'float64',
    model: () => new nn.Linear(1, 1, { bias: false }),
    loss: ops.mseLoss,
    optimizer: sgd({ lr: 1e-12 }),
    batchSize: 4,
    epochs: 1,
  })
  const w = Number(run.task.variables.get('weight')!.data[0])
  const batches = subjectOf(run).batches(16)
  const slopes = batches.map((batch) =>
    meanOf(Float64Array.from(batch.x as Float64Array, (v, i) => 2 * (w * v - Number(batch.y[i])) * v)),
  )
  const whole = meanOf(slopes)
  // Between 16 batches of 4: trΣ = 4 · (sample variance of their gradients), ‖G‖² = ‖mean‖² − trΣ/64.
  const noise = (4 * slopes.reduce((sum, g) => sum + (g - whole) ** 2, 0)) / 15
  const said = await diagnosed(run, 'D7')
  expect(isFinding(said) && said.values!.noise).toBeCloseTo(noise, 6)
  expect(isFinding(said) && said.value).toBeCloseTo(noise / (whole ** 2 - noise / 64), 6)
})

test('effective rates are those that the log has, a row', async () => {
  const run = await trained({ optimizer: sgd({ lr: 0.02 }), log: { batchNorm: true } })
  const rates = await effectiveRates(subjectOf(run))
  // The log has the weight before the last step, and all rows as one.
  const logged = Array.from(run.log.logs!['4.effectiveRate']!).at(-1)!
  expect(rates.get('3.weight')! / 32).toBeCloseTo(logged, 4)
})

describe('what a trace says of the order of layers', () => {
  const relu = new nn.ReLU()
  const bn = (n = 4): nn.BatchNorm1d => new nn.BatchNorm1d(n)
  /** A model that is no list of layers, whose names say nothing. */
  class Twisted implements nn.Module {
    readonly z: nn.Linear = new nn.Linear(16, 4)
    readonly y: nn.BatchNorm1d = bn()
    readonly x: nn.Linear = new nn.Linear(4, 4)
    forward(t: Tensor, mode: nn.Mode): Tensor {
      const h = this.y.forward(ops.relu(this.z.forward(t)), mode)
      return ops.add(this.x.forward(h), h)
    }
  }
  const models: Readonly<Record<string, () => nn.Module>> = {
    'linear, BN': () => new nn.Sequential(new nn.Linear(16, 4), bn(), relu, new nn.Linear(4, 4)),
    'linear, ReLU, BN': () => new nn.Sequential(new nn.Linear(16, 4), relu, bn(), new nn.Linear(4, 4)),
    'linear, tanh, BN': () =>
      new nn.Sequential(new nn.Linear(16, 4), new nn.Tanh(), bn(), new nn.Linear(4, 4)),
    'BN first': () => new nn.Sequential(bn(16), new nn.Linear(16, 4)),
    'a residual sum before BN': () =>
      new nn.Sequential(
        new nn.Linear(16, 4),
        new nn.Residual(new nn.Sequential(new nn.Linear(4, 4), relu)),
        bn(),
        new nn.Linear(4, 4),
      ),
    'BN in a branch, and the shortcut around it': () =>
      new nn.Sequential(
        new nn.Linear(16, 4),
        new nn.Residual(new nn.Sequential(bn(), relu, new nn.Linear(4, 4))),
        new nn.Linear(4, 4),
      ),
    'a model of its own': () => new Twisted(),
  }

  test.each(Object.entries(models))('is what gradients and rescaled weights say of %s', async (_, model) => {
    const made = setup({ model, dtype: 'float64', batchSize: 64 })
    const subject = new Subject(made, taskOf(made))
    const [batch] = subject.batches(1)
    const { loss, gradient } = await subject.slope(batch!)
    const { norms } = structureOf(subject.model, made.data.train.x, 64)
    const fed = norms.flatMap((norm) => norm.fed ?? [])
    for (const [name, g] of gradient) {
      const flagged = fed.some(({ bias, cancels }) => cancels && bias === name)
      expect(length(g) < 1e-12, `${name} has no gradient`).toBe(flagged)
    }
    for (const [name, w] of subject.trained) {
      if (w.shape.length < 2) continue
      const feeds = fed.find(({ weight }) => weight === name)
      const parts = [w, ...(feeds?.bias ? [subject.trained.get(feeds.bias)!] : [])]
      const before = parts.map(({ data }) => data as Float64Array)
      for (const part of parts) part.data = (part.data as Float64Array).map((x) => 2 * x)
      const changed = Math.abs((await subject.slope(batch!)).loss - loss)
      for (const [i, part] of parts.entries()) part.data = before[i]!
      if (feeds) expect(changed, `${name} is scale-invariant`).toBeLessThan(2e-4)
      else expect(changed, `${name} is not`).toBeGreaterThan(2e-4)
    }
  })

  /** An image of 4 channels and 4 places, a layer that makes `channels`, BN, and the classes. */
  class Upscaled implements nn.Module {
    readonly layer: nn.Module
    readonly bn: nn.BatchNorm1d
    readonly head: nn.Linear
    constructor(layer: nn.Module, channels: number, places: number) {
      this.layer = layer
      this.head = new nn.Linear(channels * places, 4)
      this.bn = new nn.BatchNorm1d(channels)
    }
    forward(x: Tensor, mode: nn.Mode): Tensor {
      const seen = this.layer.forward(ops.reshape(x, [x.shape[0]!, 4, 4]), mode)
      return this.head.forward(ops.flatten(ops.relu(this.bn.forward(seen, mode)), 1))
    }
  }
  /** x · weight, whose outputs are the last axis. */
  class Product implements nn.Module {
    readonly weight = new Variable([16, 6], nn.init.uniform(-1, 1))
    forward(x: Tensor): Tensor {
      return ops.matmul(ops.reshape(x, [x.shape[0]!, 16]), this.weight.value)
    }
  }
  interface Layer {
    readonly make: () => nn.Module
    /** Of what it makes. */
    readonly channels: number
    readonly places: number
    readonly outputs: Outputs
  }
  const layers: Readonly<Record<string, Layer>> = {
    'a convolution': {
      make: () => new nn.Conv1d(4, 6, 3, { bias: false }),
      channels: 6,
      places: 2,
      outputs: { axis: 0, groups: 1 },
    },
    'a convolution in groups': {
      make: () => new nn.Conv1d(4, 6, 3, { groups: 2 }),
      channels: 6,
      places: 2,
      outputs: { axis: 0, groups: 1 },
    },
    'a transposed convolution': {
      make: () => new nn.ConvTranspose1d(4, 4, 3, { bias: false }),
      channels: 4,
      places: 6,
      outputs: { axis: 1, groups: 1 },
    },
    'a transposed convolution with strides': {
      make: () => new nn.ConvTranspose1d(4, 6, 3, { stride: 2 }),
      channels: 6,
      places: 9,
      outputs: { axis: 1, groups: 1 },
    },
    'a transposed convolution in groups': {
      make: () => new nn.ConvTranspose1d(4, 6, 3, { stride: 2, groups: 2, bias: false }),
      channels: 6,
      places: 9,
      outputs: { axis: 1, groups: 2 },
    },
    'a product': { make: () => new Product(), channels: 6, places: 1, outputs: { axis: 1, groups: 1 } },
  }

  test.each(
    Object.entries(layers).flatMap(([of, layer]) =>
      (['float32', 'float64'] as const).map((dtype) => [of, dtype, layer] as const),
    ),
  )('knows the outputs of %s in %s', async (_, dtype, { make, channels, places, outputs }) => {
    const made = setup({ model: () => new Upscaled(make(), channels, places), dtype, batchSize: 64 })
    const subject = new Subject(made, taskOf(made))
    expect(subject.structure.norms[0]!.fed).toMatchObject({ weight: 'layer.weight', outputs })
    const [matrix, ...more] = await subject.fedMatrices()
    expect(more).toEqual([])
    expect(matrix).toMatchObject({ rows: channels, variant: 0 })
    expect(matrix!.greatestCosine).toBeLessThan(1e-3)
  })

  test('takes no slope of a PReLU for a bias', () => {
    const model = new nn.Sequential(
      new nn.Linear(16, 8, { bias: false }),
      new nn.PReLU(),
      new nn.BatchNorm1d(8),
    )
    const [norm] = structureOf(nn.initialize(model, 0), { shape: [16], dtype: 'float32' }, 4).norms
    expect(norm!.fed).toEqual({ weight: '0.weight', outputs: { axis: 0, groups: 1 }, cancels: false })
  })

  test('knows how many values make a statistic', () => {
    const of = (model: nn.Module, shape: readonly number[], length: number): number[] =>
      structureOf(nn.initialize(model, 0), { shape, dtype: 'float32' }, length).norms.map(
        ({ values }) => values,
      )
    const conv = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2))
    expect(of(conv, [1, 6, 5], 8)).toEqual([8 * 4 * 3])
    expect(of(new nn.BatchNorm1d(16, { virtualBatchSize: 4 }), [16], 8)).toEqual([4])
    expect(of(nn.freeze(new nn.Sequential(bn(16))), [16], 8)).toEqual([])
  })
})

test('an examination changes nothing, to the bit', async () => {
  const run = await trained({
    model: () => new nn.Sequential(network()(), new nn.Dropout(0.1)),
    optimizer: sgd({
      lr: schedule.lambda(0.05, '1 / (1 + step / 100)'),
      momentum: 0.9,
      weightDecay: 1e-3,
      average: { type: 'ema' },
    }),
    log: { batchNorm: true, gradientNorm: true },
  })
  const { task, experiment, log } = run
  task.goTo(task.steps, 0.5)
  const all = () => [...task.variables.values(), ...task.optimizerState.values()].map(({ data }) => data)
  const before = all().map((data) => data.slice())
  let made = 0
  for await (const said of examine(experiment, task, { log })) {
    made++
    expect(all(), said.id).toEqual(before)
    expect([task.steps, task.lrFactor], said.id).toEqual([80, 0.5])
  }
  expect(made).toBe(20)
})

test('a task without a step, a log of another run and an unknown id are refused', async () => {
  const all = async (...args: Parameters<typeof examine>): Promise<void> => {
    for await (const _ of examine(...args));
  }
  const fresh = setup()
  await expect(all(fresh, taskOf(fresh))).rejects.toThrow(
    'doctor: wanted a trained task, got one of 0 steps; train it first',
  )
  const { experiment, task, log } = await trained({ epochs: 1 })
  await expect(all(experiment, task, { log: { ...log, losses: log.losses.slice(1) } })).rejects.toThrow(
    'doctor: wanted a log of the 16 steps of the task, got 15',
  )
  await expect(all(experiment, task, { only: ['D21'] })).rejects.toThrow(
    /^doctor: wanted one of D1, .*, got D21; did you mean D1\?$/,
  )
})

test('angles of any size are right', () => {
  for (const angle of [1e-9, 1e-4, 0.5, 3]) {
    expect(angleBetween([2, 0], [3 * Math.cos(angle), 3 * Math.sin(angle)]) / angle).toBeCloseTo(1, 7)
  }
})
