import { describe, expect, test } from 'vitest'
import { constant } from '../../src/core/tensor.ts'
import { Variable } from '../../src/core/variable.ts'
import * as ops from '../../src/ops/index.ts'
import * as optim from '../../src/optim/index.ts'
import { compile } from '../../src/runtime/compile.ts'
import * as schedule from '../../src/schedule/index.ts'
import { ToyNet } from '../support/toy.ts'

interface Row {
  readonly name: string
  readonly make: (options: optim.CommonOptions) => optim.Optimizer
  /** A rate that reaches the bottom of the bowl in 500 steps. */
  readonly lr: number
  /** Its variables for each weight. */
  readonly state: readonly string[]
  /** Those of a vector, if they are others. */
  readonly vectors?: readonly string[]
  /** Those that all weights share. */
  readonly shared?: readonly string[]
  /** An option out of range, and what is said about it. */
  readonly wrong: readonly [options: object, message: string]
}

const decayRange = 'a number ≥ 0 and < 1 or a schedule'
const row = <Own extends optim.CommonOptions>(
  make: (options: Own) => optim.Optimizer,
  own: Omit<Own, 'lr'>,
  rest: Omit<Row, 'make' | 'name'>,
): Row => {
  const name = make({ ...own, lr: 1 } as Own).spec.type as string
  const label = [name, ...Object.keys(own)].join(' ')
  return { name: label, make: (options) => make({ ...own, ...options } as unknown as Own), ...rest }
}

// Every optimizer has a row: adding one is adding its row.
const rows: readonly Row[] = [
  row(
    optim.sgd,
    {},
    {
      lr: 0.1,
      state: [],
      wrong: [{ momentum: -1 }, 'sgd: wanted momentum as a number ≥ 0 or a schedule, got -1'],
    },
  ),
  row(
    optim.sgd,
    { momentum: 0.9, nesterov: true },
    {
      lr: 0.02,
      state: ['momentum_buffer'],
      wrong: [{ dampening: 'x' }, 'sgd: wanted dampening as a finite number, got "x"'],
    },
  ),
  row(
    optim.adam,
    {},
    {
      lr: 0.05,
      state: ['exp_avg', 'exp_avg_sq'],
      wrong: [{ beta1: 1 }, `adam: wanted beta1 as ${decayRange}, got 1`],
    },
  ),
  row(
    optim.adam,
    { amsgrad: true },
    {
      lr: 0.05,
      state: ['exp_avg', 'exp_avg_sq', 'max_exp_avg_sq'],
      wrong: [{ amsgrad: 1 }, 'adam: wanted amsgrad as true or false, got 1'],
    },
  ),
  row(
    optim.adamw,
    { weightDecay: 0 },
    {
      lr: 0.05,
      state: ['exp_avg', 'exp_avg_sq'],
      wrong: [{ eps: -1 }, 'adamw: wanted eps as a number ≥ 0, got -1'],
    },
  ),
  row(
    optim.rmsprop,
    {},
    {
      lr: 0.03,
      state: ['square_avg'],
      wrong: [{ alpha: 1.5 }, `rmsprop: wanted alpha as ${decayRange}, got 1.5`],
    },
  ),
  row(
    optim.rmsprop,
    { momentum: 0.5, centered: true },
    {
      lr: 0.02,
      state: ['square_avg', 'momentum_buffer', 'grad_avg'],
      wrong: [{ centered: 0 }, 'rmsprop: wanted centered as true or false, got 0'],
    },
  ),
  row(
    optim.adagrad,
    {},
    { lr: 0.5, state: ['sum'], wrong: [{ lrDecay: -1 }, 'adagrad: wanted lrDecay as a number ≥ 0, got -1'] },
  ),
  row(
    optim.nadam,
    {},
    {
      lr: 0.05,
      state: ['exp_avg', 'exp_avg_sq'],
      wrong: [{ momentumDecay: -1 }, 'nadam: wanted momentumDecay as a number ≥ 0, got -1'],
    },
  ),
  row(
    optim.radam,
    {},
    {
      lr: 0.1,
      state: ['exp_avg', 'exp_avg_sq'],
      wrong: [{ beta2: -0.1 }, `radam: wanted beta2 as ${decayRange}, got -0.1`],
    },
  ),
  row(
    optim.lars,
    { trustCoefficient: 0.02 },
    {
      lr: 0.5,
      state: ['momentum_buffer'],
      wrong: [{ trustCoefficient: 0 }, 'lars: wanted trustCoefficient as a number > 0, got 0'],
    },
  ),
  row(
    optim.lamb,
    {},
    {
      lr: 0.02,
      state: ['exp_avg', 'exp_avg_sq'],
      wrong: [{ adapt: 'no' }, 'lamb: wanted adapt as true or false, got "no"'],
    },
  ),
  row(
    optim.lion,
    { beta2: 0.9 },
    {
      lr: 0.02,
      state: ['exp_avg'],
      wrong: [{ weightDecay: -1 }, 'lion: wanted weightDecay as a number ≥ 0 or a schedule, got -1'],
    },
  ),
  row(
    optim.scheduleFreeSgd,
    {},
    {
      lr: 0.3,
      state: ['z', 'x'],
      wrong: [{ momentum: 1 }, `scheduleFreeSgd: wanted momentum as ${decayRange}, got 1`],
    },
  ),
  row(
    optim.scheduleFreeAdamW,
    {},
    {
      lr: 0.5,
      state: ['z', 'x', 'exp_avg_sq'],
      wrong: [
        { average: { type: 'ema' } },
        'scheduleFreeAdamW: wanted no average beside its own, got {"type":"ema"}; leave average out',
      ],
    },
  ),
  row(
    optim.muon,
    { weightDecay: 0 },
    {
      lr: 0.05,
      state: ['momentum_buffer'],
      vectors: ['exp_avg', 'exp_avg_sq'],
      wrong: [{ adjustLr: 'rms' }, `muon: wanted adjustLr as 'matchAdamW' or 'original', got "rms"`],
    },
  ),
  row(
    optim.prodigy,
    { d0: 0.01 },
    {
      lr: 1,
      state: ['exp_avg', 'exp_avg_sq', 's', 'initial'],
      shared: ['d', 'r'],
      wrong: [{ d0: 0 }, 'prodigy: wanted d0 as a number > 0, got 0'],
    },
  ),
]

const [bottom, steepness] = [
  [1, -2, 0.5],
  [1, 3, 0.5],
]

/** An optimizer on ½ Σ aᵢ·(wᵢ − cᵢ)² from 0.3, a matrix and a vector alike. */
async function bowl(optimizer: optim.Optimizer, loop: boolean = true, factor: () => number = () => 1) {
  const weights = new Map([
    ['a.weight', new Variable([1, 3])],
    ['a.bias', new Variable([3])],
  ])
  for (const w of weights.values()) w.data = new Float32Array(3).fill(0.3)
  const attached = optimizer.attach(weights, factor)
  const run = await compile(
    { scale: { shape: [] } },
    ({ scale }) => {
      const parts = [...weights.values()].map((w) => {
        const gap = ops.sub(w.value, constant(bottom))
        return ops.sum(ops.mul(ops.mul(gap, gap), constant(steepness)))
      })
      attached.minimize(ops.mul(ops.mul(ops.add(parts[0]!, parts[1]!), 0.5), scale))
      return {}
    },
    { loop },
  )
  const steps = (k: number, from: number = 0) => run({ scale: new Float32Array(loop ? k : 1).fill(1) }, from)
  const all = () =>
    [...weights.values(), ...attached.state.values()].map(({ data }) => Array.from(data, Number))
  return { weights, attached, steps, all }
}

const steps = 500
const falling = (lr: number): schedule.Schedule => schedule.cosineAnnealing(lr, { tMax: steps })
/** By way of JSON, in which a schedule is its spec. */
const json = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'function' ? v.spec : v)))

describe.each(rows)(
  '$name',
  ({ make, lr, state, vectors = state, shared = [], wrong: [options, message] }) => {
    test('comes to the bottom of a bowl', async () => {
      const { weights, attached, steps: run } = await bowl(make({ lr: falling(lr) }))
      await run(steps)
      for (const w of weights.values()) {
        const { data } = attached.evaluation?.variables.get(w) ?? w
        for (const [i, c] of bottom.entries()) expect(Math.abs(Number(data[i]) - c)).toBeLessThan(1e-3)
      }
    })

    test('is its spec, by way of JSON', async () => {
      const optimizer = make({
        lr: falling(lr),
        clip: { norm: 1 },
        groups: [{ match: 'bias', lr: schedule.constant(lr / 2) }],
      })
      const [one, other] = [await bowl(optimizer), await bowl(optim.parse(json(optimizer.spec)))]
      await one.steps(20)
      await other.steps(20)
      expect(other.all()).toEqual(one.all())
    })

    test('takes in one call the steps of as many', async () => {
      const [together, apart] = [
        await bowl(make({ lr: falling(lr) })),
        await bowl(make({ lr: falling(lr) }), false),
      ]
      await together.steps(12)
      for (let k = 0; k < 12; k++) await apart.steps(1, k)
      expect(together.all()).toEqual(apart.all())
    })

    test('goes on from its state as if it had not stopped', async () => {
      const [whole, first, second] = await Promise.all([0, 1, 2].map(() => bowl(make({ lr: falling(lr) }))))
      await whole!.steps(12)
      await first!.steps(5)
      for (const key of ['weights', 'state'] as const) {
        const of = (b: typeof first) => (key === 'weights' ? b!.weights : b!.attached.state)
        for (const [name, v] of of(second)) v.data = of(first).get(name)!.data
      }
      await second!.steps(7, 5)
      expect(second!.all()).toEqual(whole!.all())
    })

    test('lists its variables', async () => {
      const { attached } = await bowl(make({ lr }))
      const named = (name: string, keys: readonly string[]) => keys.map((key) => `${key}.${name}`)
      expect([...attached.state.keys()]).toEqual([
        ...named('a.weight', state),
        ...named('a.bias', vectors),
        ...shared,
      ])
    })

    test('refuses an option out of range', () => {
      expect(() => make({ lr, ...options })).toThrow(new RegExp(`^${escaped(message)}$`))
      expect(() => make({ lr: -1 })).toThrow(/^\w+: wanted lr as a number ≥ 0 or a schedule, got -1$/)
      expect(() => make({ lr, rate: 1 } as never)).toThrow(
        /^\w+: wanted one of lr, .*lrScale, peakLr, clip, average, groups, got rate/,
      )
    })

    test('gives groups their own options', async () => {
      const groups = [{ match: 'bias$', lr: 0 }]
      const { weights, steps: run } = await bowl(make({ lr, groups }))
      await run(3)
      const moved = (name: string): boolean =>
        Array.from(weights.get(name)!.data, Number).some((w) => Math.abs(w - 0.3) > 1e-6)
      expect(moved('a.weight')).toBe(true)
      expect(moved('a.bias')).toBe(false)
    })
  },
)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

test('every optimizer has a row', () => {
  const groups = ['gradualUnfreezing', 'layersOf', 'layerwiseDecay', 'noDecayOnNormAndBias']
  const others = [...groups, 'parse', 'scaleLr', 'swapped']
  const names = new Set(rows.map(({ name }) => name.split(' ')[0]))
  expect([...names, ...others].sort()).toEqual(Object.keys(optim).sort())
})

describe('groups', () => {
  test('are composed: a weight takes the options of all that it is in, the first group first', async () => {
    const groups = [
      { match: 'bias', lr: 0.5 },
      { maxRank: 1, lr: 1, lrScale: 0.1 },
      { match: 'weight', lrScale: 0 },
    ]
    const { weights, steps: run } = await bowl(optim.sgd({ lr: 0.1, groups }))
    await run(1)
    expect(weights.get('a.weight')!.data).toEqual(new Float32Array(3).fill(0.3))
    const slopes = bottom.map((c, i) => steepness[i]! * (0.3 - c))
    for (const [i, w] of weights.get('a.bias')!.data.entries()) {
      expect(Number(w)).toBeCloseTo(0.3 - 0.5 * 0.1 * slopes[i]!, 6)
    }
  })

  test('decay with the rate, a controller’s factor included, whatever their own rate is', async () => {
    const { weights, steps: run } = await bowl(
      optim.sgd({ lr: 1, weightDecay: 0.5, peakLr: 2, groups: [{ match: 'bias', lrScale: 0.5 }] }),
      true,
      () => 0.5,
    )
    await run(1)
    const decay = 0.5 * (0.5 / 2) // weightDecay · lr / peakLr
    for (const [name, rate] of [
      ['a.weight', 0.5],
      ['a.bias', 0.25],
    ] as const) {
      for (const [i, w] of weights.get(name)!.data.entries()) {
        const slope = steepness[i]! * (0.3 - bottom[i]!)
        expect(Number(w)).toBeCloseTo(0.3 * (1 - rate * decay) - rate * slope, 6)
      }
    }
  })

  test('leave biases and normalizations undecayed, whatever they are called', async () => {
    const decaying = { lr: 0.1, weightDecay: 0.5, groups: optim.noDecayOnNormAndBias() }
    const one = await bowl(optim.adamw(decaying))
    const other = await bowl(optim.adamw({ lr: 0.1, weightDecay: 0 }))
    await one.steps(3)
    await other.steps(3)
    expect(one.weights.get('a.bias')!.data).toEqual(other.weights.get('a.bias')!.data)
    expect(one.weights.get('a.weight')!.data).not.toEqual(other.weights.get('a.weight')!.data)
  })

  test('fall in rate from the last layer to the first', () => {
    expect(optim.layersOf(new ToyNet())).toEqual(['fc1', 'bn', 'fc2'])
    expect(optim.layerwiseDecay(['fc1', 'fc2'], 0.5)).toEqual([
      { match: '^fc1\\.', lrScale: 0.5 },
      { match: '^fc2\\.', lrScale: 1 },
    ])
    expect(() => optim.layerwiseDecay(['a'], 0)).toThrow(
      'layerwiseDecay: wanted decay as a number > 0 and ≤ 1, got 0',
    )
    expect(() => optim.layerwiseDecay([], 0.5)).toThrow('layerwiseDecay: wanted one or more layers, got none')
    expect(() => optim.layersOf(new ToyNet(), 0)).toThrow(
      'layersOf: wanted depth as a positive integer, got 0',
    )
  })

  test('refuse what is none', () => {
    const make = (group: object) => () => optim.sgd({ lr: 1, groups: [group as never] })
    expect(make({})).toThrow(
      "sgd: wanted match or maxRank in each group, got nothing; write { match: 'bias', … }",
    )
    expect(make({ match: '(' })).toThrow('sgd: wanted match as a regular expression, got "("')
    expect(make({ maxRank: -1 })).toThrow('sgd: wanted maxRank as an integer ≥ 0, got -1')
    expect(make({ match: 'a', lrScale: -1 })).toThrow('sgd: wanted lrScale as a number ≥ 0, got -1')
    expect(make({ match: 'a', clip: { norm: 1 } })).toThrow(/^sgd: wanted one of lr, .*, got clip/)
  })
})

describe('clipping', () => {
  const refused = (clip: unknown) => () => optim.sgd({ lr: 1, clip: clip as optim.Clip })
  test('refuses what is none', () => {
    const kinds = 'sgd: wanted clip as one of { value }, { norm } and { adaptive }, got'
    expect(refused({})).toThrow(`${kinds} {}`)
    expect(refused({ norm: 1, value: 1 })).toThrow(`${kinds} {"norm":1,"value":1}`)
    expect(refused({ norm: 0 })).toThrow('sgd: clip: wanted norm as a number > 0 or a schedule, got 0')
    expect(refused({ adaptive: 0.01, eps: 0 })).toThrow('sgd: clip: wanted eps as a number > 0, got 0')
    expect(refused({ adaptive: 0.01, except: '(' })).toThrow(
      'sgd: clip: wanted except as a regular expression, got "("',
    )
  })

  test('may follow a schedule, also as text', async () => {
    const clip = { norm: schedule.exponential(1, { gamma: 0.5 }) }
    const [one, other] = [
      await bowl(optim.sgd({ lr: 0.1, clip })),
      await bowl(optim.parse({ type: 'sgd', lr: 0.1, clip: { norm: 'exponential 1 times 0.5 every 1' } })),
    ]
    await one.steps(5)
    await other.steps(5)
    expect(other.all()).toEqual(one.all())
    const before = one.all()[0]!
    await one.steps(1, 40) // the norm may be 2⁻⁴⁰
    for (const [i, w] of one.all()[0]!.entries()) expect(w).toBeCloseTo(before[i]!, 9)
  })
})

describe('averages', () => {
  const refused = (average: unknown) => () => optim.sgd({ lr: 1, average: average as optim.Average })
  test('refuse what is none', () => {
    const kinds = "sgd: wanted average as { type: 'ema', … } or { type: 'swa', … }, got"
    expect(refused({ type: 'emma' })).toThrow(`${kinds} {"type":"emma"}`)
    expect(refused({ type: 'ema', decay: 1 })).toThrow(`sgd: average: wanted decay as ${decayRange}, got 1`)
    expect(refused({ type: 'swa' })).toThrow('sgd: average: wanted start as an integer ≥ 0, got nothing')
    expect(refused({ type: 'swa', start: 1, every: 0 })).toThrow(
      'sgd: average: wanted every as a positive integer, got 0',
    )
    expect(refused({ type: 'ema', batchNorm: 'none' })).toThrow(
      `sgd: average: wanted batchNorm as 'recalibrate', 'average' or 'copy', got "none"`,
    )
  })

  test('are the weights themselves until they begin', async () => {
    const {
      weights,
      attached,
      steps: run,
    } = await bowl(optim.sgd({ lr: 0.1, average: { type: 'swa', start: 3 } }))
    await run(3)
    const mean = attached.evaluation!.variables.get(weights.get('a.bias')!)!
    expect(mean.data).toEqual(weights.get('a.bias')!.data)
    await run(2, 3)
    expect(mean.data).not.toEqual(weights.get('a.bias')!.data)
    expect(attached.state.get('swa.a.bias')).toBe(mean)
  })

  test('with a warmup forget their first steps', async () => {
    const gap = async (warmup: boolean) => {
      const average = { type: 'ema', decay: 0.999, warmup } as const
      const { weights, attached, steps: run } = await bowl(optim.sgd({ lr: 0.3, average }))
      await run(100)
      const mean = attached.evaluation!.variables.get(weights.get('a.bias')!)!
      return Math.abs(Number(mean.data[1]) - bottom[1]!)
    }
    expect(await gap(false)).toBeGreaterThan(0.1)
    expect(await gap(true)).toBeLessThan(0.01)
  })
})

test('a rate is scaled by the batch', () => {
  expect(optim.scaleLr(0.1, { batchSize: 1024 })).toBeCloseTo(0.4, 15)
  expect(optim.scaleLr(0.1, { batchSize: 1024, base: 64, rule: 'sqrt' })).toBeCloseTo(0.4, 15)
  const scaled = optim.scaleLr(schedule.exponential(1, { gamma: 0.5 }), { batchSize: 512 })
  expect([scaled(0), scaled(1)]).toEqual([2, 1])
  expect(() => optim.scaleLr(1, { batchSize: 0 })).toThrow('scaleLr: wanted batchSize as a number > 0, got 0')
  expect(() => optim.scaleLr(1, { batchSize: 1, rule: 'log' as never })).toThrow(
    `scaleLr: wanted rule as 'linear' or 'sqrt', got "log"`,
  )
})

test('weights are swapped for a while, whatever happens', async () => {
  const [w, other] = [new Variable([1]), new Variable([1])]
  w.data = Float32Array.of(1)
  other.data = Float32Array.of(2)
  const failing = optim.swapped([w], new Map([[w, other]]), async () => {
    expect(w.data[0]).toBe(2)
    throw new Error('inside')
  })
  await expect(failing).rejects.toThrow('inside')
  expect(w.data[0]).toBe(1)
})
