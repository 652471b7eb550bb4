import { describe, expect, test, vi } from 'vitest'
import { dataset } from '../../src/data/index.ts'
import { type Diagnosis, diagnostics } from '../../src/doctor/index.ts'
import * as nn from '../../src/nn/index.ts'
import { adamw, noDecayOnNormAndBias, type Optimizer, scheduleFreeSgd, sgd } from '../../src/optim/index.ts'
import * as schedule from '../../src/schedule/index.ts'
import type { ExperimentOptions } from '../../src/train/index.ts'
import { taskOf } from '../../src/train/train.ts'
import {
  atTheEdge,
  diagnosed,
  expectToSayItsChange,
  network,
  points,
  severityOf,
  type Trained,
  trained,
} from './runs.ts'

/** A run that a diagnostic says this severity of. */
interface Case {
  readonly of: string
  readonly run: Partial<ExperimentOptions>
  /** What is done to its model by hand. */
  readonly after?: (trained: Trained) => void
  readonly says: 'ok' | 'note' | 'warning' | 'alarm' | 'inapplicable'
  /** What the advice, or the reason, has to say. */
  readonly telling: RegExp
}

/** 512 examples in batches of 32: 16 steps an epoch. */
const linearTo0 = (lr: number, steps: number): schedule.Schedule =>
  schedule.linear(lr, { startFactor: 1, endFactor: 0, totalIters: steps })
const groups = noDecayOnNormAndBias()
const plain = (): nn.Module => new nn.Sequential(new nn.Linear(16, 32), new nn.ReLU(), new nn.Linear(32, 4))
const withoutBn = { model: plain }
const slow = { momentum: 0.001 }
const dropping = (): nn.Module =>
  new nn.Sequential(
    new nn.Linear(16, 32),
    new nn.BatchNorm1d(32, slow),
    new nn.ReLU(),
    new nn.Dropout(0.1),
    new nn.Linear(32, 32),
    new nn.BatchNorm1d(32, slow),
    new nn.Linear(32, 4),
  )
const whole = { data: points(128), batchSize: 128, threads: 1 }
const alike = dataset({ x: new Float32Array(256).fill(1), y: new Int32Array(256), classes: 4 })
/** Numbers of a variable, by hand. */
const set = ({ task }: Trained, name: string, value: (x: number, i: number) => number): void => {
  const variable = task.variables.get(name)!
  variable.data = Float32Array.from(variable.data as Float32Array, value)
}

const cases: Readonly<Record<string, readonly Case[]>> = {
  D1: [
    {
      of: 'weights so small that eps rules',
      run: { model: network({ scale: () => 3e-3 }), optimizer: sgd({ lr: 1e-9 }) },
      says: 'note',
      telling:
        /^100 % of the rows of 3\.weight are not scale-invariant though BN follows \(\|cos\| up to 0\.\d+\): eps dominates those channels$/,
    },
    {
      of: 'usual weights',
      run: {},
      says: 'ok',
      telling: /^gradients are orthogonal to the rows of the 2 weights before BN: \|cos\| is at most \S+e-5/,
    },
    {
      of: 'a network without BN',
      run: withoutBn,
      says: 'inapplicable',
      telling: /^no weight feeds a batch norm/,
    },
  ],
  D2: [
    {
      of: 'layers of other scales',
      run: { model: network({ scale: (layer) => (layer === 0 ? 1 : 10) }), optimizer: sgd({ lr: 0.01 }) },
      says: 'note',
      telling: /^the effective rate is \S+ in 0\.weight and \S+ in 3\.weight, a factor of 9\d\.\d$/,
    },
    { of: 'like layers', run: {}, says: 'ok', telling: /^the effective rate is \S+ in [03]\.weight and/ },
  ],
  D3: [
    {
      of: 'a rate and a decay that are too high together',
      run: { optimizer: sgd({ lr: 0.1, momentum: 0.9, weightDecay: 0.05, groups }) },
      says: 'alarm',
      telling:
        /^the drift of [03]\.weight ends at 0\.316 rad per step, which keeps the loss up, since noise dominates training$/,
    },
    {
      of: 'a rate that does not fall',
      run: { optimizer: sgd({ lr: 0.05, momentum: 0.9, weightDecay: 5e-3, groups }) },
      says: 'warning',
      telling:
        /^the drift of 0\.weight ends at 0\.0707 rad per step, .*: let the learning rate fall to 0 over the last 16 steps$/,
    },
    {
      of: 'a rate that hardly falls enough',
      run: { optimizer: sgd({ lr: 0.05, momentum: 0.9, weightDecay: 2e-3, groups }) },
      says: 'note',
      telling: /^the drift of 0\.weight ends at 0\.0447 rad per step, which keeps the loss up$/,
    },
    {
      of: 'a rate that falls after all',
      run: {
        optimizer: sgd({
          lr: schedule.lambda(0.1, 'step < 70 ? 1 : 0.005'),
          momentum: 0.9,
          weightDecay: 0.05,
          groups,
        }),
      },
      says: 'note',
      telling:
        /^the drift of 0\.weight reached 0\.316 rad per step, where noise dominates training, before the rate fell$/,
    },
    {
      of: 'a run in equilibrium',
      run: { optimizer: sgd({ lr: 0.02, momentum: 0.9, weightDecay: 2e-3, groups }), epochs: 200 },
      says: 'ok',
      telling:
        /^a step turns [03]\.weight by 0\.00\d+ rad, (0\.[89]\d*|1|1\.[01]\d*) of its equilibrium, and drifts by 0\.0283$/,
    },
    {
      of: 'a run without weight decay',
      run: {},
      says: 'inapplicable',
      telling: /^there is no equilibrium without weight decay/,
    },
  ],
  D4: [
    {
      of: 'a decay that is too small for the run',
      run: { optimizer: sgd({ lr: 0.05, weightDecay: 1e-4 }) },
      says: 'note',
      telling:
        /^weight decay takes 50000 steps to take effect and the run had 80: the initial norms set the effective rates$/,
    },
    {
      of: 'a last phase that is too short',
      run: {
        optimizer: sgd({
          lr: schedule.multiStep(0.1, { milestones: [70], gamma: 0.1 }),
          momentum: 0.9,
          weightDecay: 0.02,
        }),
      },
      says: 'note',
      telling:
        /^the 10 steps after the drop of the rate at step 70 are fewer than the 125 that a new equilibrium takes/,
    },
    {
      of: 'a run that is long enough',
      run: { optimizer: adamw({ lr: 0.05, weightDecay: 1 }) },
      says: 'ok',
      telling: /^the run is 8 times as long as weight decay takes to act, 10 steps$/,
    },
  ],
  D5: [
    {
      of: 'a high rate in a net without BN, whose loss no longer falls',
      run: { ...withoutBn, optimizer: sgd({ lr: 0.5, momentum: 0.9 }), epochs: 10 },
      says: 'note',
      telling:
        /^a step changes [02]\.weight by 0\.\d+ of its norm, above 0\.01, and the loss no longer falls; see D12 and D13 for the rate$/,
    },
    {
      of: 'a high rate while the loss falls',
      run: { ...withoutBn, optimizer: sgd({ lr: 0.2 }), epochs: 1 },
      says: 'note',
      telling: /of its norm, above 0\.01, as usual while the rate is high and the loss falls$/,
    },
    {
      of: 'weights before BN, which turn by an angle that is usual there',
      run: { optimizer: sgd({ lr: 0.2, momentum: 0.9, groups: [{ match: '^6', lrScale: 0.005 }] }) },
      says: 'ok',
      telling: /^a step turns 0\.weight by 0\.0[1-9]\d* rad$/,
    },
    {
      of: 'a low rate',
      run: { optimizer: sgd({ lr: 1e-5 }), epochs: 1 },
      says: 'note',
      telling: /(of its norm|rad), below 1e-4; see D12 for the rate$/,
    },
    {
      of: 'a usual rate',
      run: { optimizer: sgd({ lr: 0.02 }) },
      says: 'ok',
      telling: /^a step changes 6\.weight by 0\.00/,
    },
  ],
  D6: [
    {
      of: 'a rate that falls under weight decay',
      run: { optimizer: sgd({ lr: linearTo0(0.1, 80), momentum: 0.9, weightDecay: 0.01, groups }) },
      says: 'note',
      telling:
        /^as the rate falls from 0\.1 to 0\.00125, the equilibrium .* grows by a factor of 8\.94, .*, so growing gradients are harmless here$/,
    },
    {
      of: 'the same where the decay follows the rate',
      run: {
        optimizer: sgd({ lr: linearTo0(0.1, 80), peakLr: 0.1, momentum: 0.9, weightDecay: 0.01, groups }),
      },
      says: 'ok',
      telling: /in equilibrium$/,
    },
    {
      of: 'a run without weight decay',
      run: {},
      says: 'inapplicable',
      telling: /^no weight before BN is decayed by sgd$/,
    },
  ],
  D7: [
    {
      of: 'batches that all say the same',
      run: {
        data: { train: alike, validation: alike },
        model: () => new nn.Linear(1, 4),
        epochs: 1,
      },
      says: 'note',
      telling: /^the noise scale is \S+ examples, far below the batch of 32, whose gradient is almost exact$/,
    },
    {
      of: 'labels that have nothing to do with the examples',
      run: { data: points(512, 0), batchSize: 4, epochs: 1, model: plain, optimizer: sgd({ lr: 1e-6 }) },
      says: 'note',
      telling:
        /far above the batch of 4, whose gradient is mostly noise$|noise hides the gradient even in 64 examples, so the noise scale is above that$/,
    },
    {
      of: 'a fresh network',
      run: { epochs: 1, optimizer: sgd({ lr: 1e-6 }) },
      says: 'ok',
      telling: /of the order of the batch of 32$/,
    },
  ],
  D8: [
    {
      of: 'statistics that hardly learn',
      run: { model: network({ norm: { momentum: 0.001 } }) },
      says: 'alarm',
      telling: /by a KL of \S+ and by \S+ standard deviations; see D9 for the effect on the validation loss$/,
    },
    {
      of: 'a rate that has decayed',
      run: { optimizer: sgd({ lr: linearTo0(0.1, 160) }), epochs: 10 },
      says: 'ok',
      telling:
        /^the running statistics of layer [14] are off by a KL of \S+e-4 and by 0\.0\d+ standard deviations$/,
    },
    {
      of: 'a network without BN',
      run: withoutBn,
      says: 'inapplicable',
      telling: /learns running statistics$/,
    },
  ],
  D9: [
    {
      of: 'statistics that hardly learn',
      run: { model: network({ norm: { momentum: 0.001 } }) },
      says: 'warning',
      telling:
        /^the validation loss is \S+ with the running statistics and \S+ with remeasured ones .*the running ones are stale: recalibrate them before evaluation$/,
    },
    {
      of: 'a rate that has decayed',
      run: { optimizer: sgd({ lr: linearTo0(0.1, 160) }), epochs: 10 },
      says: 'ok',
      telling: /%\); accuracies differ by \S+ points$/,
    },
    {
      of: 'the same with dropout before BN, which makes remeasured statistics noisy',
      run: { model: dropping },
      says: 'note',
      telling: /the dropout before BN makes remeasured ones noisy$/,
    },
  ],
  D10: [
    {
      of: 'statistics that hardly learn',
      run: { model: network({ norm: { momentum: 0.001 } }) },
      says: 'warning',
      telling: /this is not overfitting; see D8 for stale statistics$/,
    },
    {
      of: 'small batches',
      run: { batchSize: 4, optimizer: sgd({ lr: linearTo0(0.05, 1280) }), epochs: 10 },
      says: 'note',
      telling: /the noise of batch statistics raised the training loss; see D18/,
    },
    {
      of: 'a rate that has decayed',
      run: { batchSize: 128, optimizer: sgd({ lr: linearTo0(0.1, 80) }), epochs: 20 },
      says: 'ok',
      telling: /^the same batches have a loss of/,
    },
  ],
  D11: [
    {
      of: 'a small momentum in a short run',
      run: { model: network({ norm: { momentum: 0.01 } }) },
      says: 'warning',
      telling:
        /^after 80 batches, 44\.8 % of the running statistics of layer 1 .*: use { zeroDebias: true } in BN$/, // 0.99⁸⁰ = 0.4475
    },
    {
      of: 'the same without the bias of the beginning',
      run: { model: network({ norm: { momentum: 0.01, zeroDebias: true } }) },
      says: 'ok',
      telling: /^after 80 batches, the running statistics retain nothing/,
    },
    { of: 'the default', run: {}, says: 'ok', telling: /^after 80 batches, 0\.0218 % of/ }, // 0.9⁸⁰ = 2.18e-4
  ],
  D12: [
    {
      of: 'a rate above that of the lowest loss',
      run: { epochs: 1, optimizer: sgd({ lr: schedule.lambda(1, 'step < 1 ? 20 : 0.01') }) },
      says: 'warning',
      telling:
        /^the peak rate, 20, is \S+ times the \S+ that a range test suggests, and above the \S+ where its loss is lowest: divide the learning rate by \S+$/,
    },
    {
      of: 'a timid rate',
      run: { epochs: 1, optimizer: sgd({ lr: 1e-4 }) },
      says: 'note',
      telling: /that a range test suggests: multiply the learning rate by \S+$/,
    },
    {
      of: 'a rate near the suggestion',
      run: { epochs: 1, optimizer: sgd({ lr: 0.05 }) },
      says: 'ok',
      telling: /suggests$/,
    },
  ],
  D13: [
    {
      of: 'a first step that is too long',
      run: {
        ...whole,
        epochs: 12,
        model: plain,
        optimizer: sgd({ lr: schedule.lambda(1, 'step > 10 ? 0.001 : step > 9 ? 8 : 0') }),
      },
      says: 'note',
      telling: /^the curvature of \S+ at the initial weights allows a rate of \S+, and that of step 10 is 8$/,
    },
    {
      of: 'last steps that are too long',
      run: {
        ...whole,
        epochs: 20,
        model: plain,
        optimizer: sgd({ lr: schedule.lambda(1, 'step > 18 ? 20 : 0.01') }),
      },
      says: 'warning',
      telling: /, and the rate is 20: let the learning rate fall to 0 over the last 4 steps$/,
    },
    {
      of: 'gradient descent at the edge of stability',
      run: atTheEdge(),
      says: 'note',
      telling: /training is at the edge of stability/,
    },
    {
      of: 'a small rate',
      run: { optimizer: sgd({ lr: 0.02 }) },
      says: 'ok',
      telling: /^the curvature of \S+ allows a rate of/,
    },
    {
      of: 'adamw',
      run: { optimizer: adamw({ lr: 1e-3 }), epochs: 1 },
      says: 'ok',
      telling: /under adamw no bound on the rate follows from it/,
    },
  ],
  D14: [
    {
      of: 'gradient descent at the edge of stability',
      run: atTheEdge(),
      says: 'note',
      telling: /so steps hardly lower the loss of their own batch$/,
    },
    {
      of: 'a small rate',
      run: { optimizer: sgd({ lr: 0.01 }) },
      says: 'ok',
      telling: /^batches have a curvature of/,
    },
    {
      of: 'momentum',
      run: { optimizer: sgd({ lr: 0.01, momentum: 0.9 }), epochs: 1 },
      says: 'inapplicable',
      telling: /^the bound holds for sgd without momentum; the curvature .* is \S+$/,
    },
  ],
  D15: [
    {
      of: 'γ that is almost 0 in 8 of 32 channels',
      run: {},
      after: (run) => set(run, '1.weight', (x, i) => (i < 8 ? 1e-5 : x)),
      says: 'note',
      telling: /^25 % of the channels of layer 1 have a dead γ$/,
    },
    {
      of: 'the same under weight decay',
      run: { optimizer: sgd({ lr: 0.05, weightDecay: 1e-3 }) },
      after: (run) => set(run, '1.weight', (x, i) => (i < 8 ? 1e-5 : x)),
      says: 'warning',
      telling:
        /^25 % of the channels of layer 1 have a dead γ, which weight decay shrinks: exempt γ, β and biases from weight decay/,
    },
    {
      of: 'units that never vary',
      run: {},
      after: (run) => set(run, '3.weight', (x, i) => (i < 16 * 32 ? 0 : x)),
      says: 'note',
      telling: /^50 % of the channels of layer 4 have a variance below 10·eps/,
    },
    { of: 'a usual run', run: {}, says: 'ok', telling: /^at most 0 %/ },
  ],
  D16: [
    {
      of: 'β far below 0 in 16 of 32 channels',
      run: { optimizer: adamw({ lr: 0.01 }) },
      after: (run) => set(run, '4.bias', (x, i) => (i < 16 ? -20 : x)),
      says: 'warning',
      telling:
        /^50 % of the ReLUs after layer 4 fire for no example of 16 batches: divide the learning rate by 3$/,
    },
    { of: 'a usual run', run: {}, says: 'ok', telling: /^at most 0 %/ },
    { of: 'a network without BN', run: withoutBn, says: 'inapplicable', telling: /^no ReLU follows/ },
  ],
  D17: [
    {
      of: '20 layers of BN and ReLU without skip connections',
      run: { model: network({ depth: 20 }), epochs: 1, optimizer: sgd({ lr: 1e-3 }) },
      says: 'note',
      telling: /^the initial ‖g‖\/‖w‖ is \S+ in \S+ and \S+ in \S+, a factor of \S+$/,
    },
    { of: 'two layers', run: { epochs: 1 }, says: 'ok', telling: /^the initial ‖g‖\/‖w‖ is \S+ in/ },
  ],
  D18: [
    {
      of: 'batches of 8',
      run: { batchSize: 8, epochs: 1 },
      says: 'note',
      telling: /^each statistic of layer 1 comes from 8 values, so its variances have an error of 53\.5 %$/,
    },
    {
      of: 'batches of 4',
      run: { batchSize: 4, epochs: 1 },
      says: 'warning',
      telling:
        /^each statistic of layer 1 comes from 4 values, .* 81\.6 %: use batches of 16, with as many epochs$/,
    },
    {
      of: 'a last batch of 2',
      run: { data: points(34), epochs: 1, lastBatch: 'keep' },
      says: 'note',
      telling: /^the last batch of an epoch has 2 values per statistic of layer 1/,
    },
    {
      of: 'batches of 32',
      run: { epochs: 1 },
      says: 'ok',
      telling: /^each statistic of layer 1 comes from 32 values/,
    },
  ],
  D19: [
    {
      of: 'a constant rate',
      run: { epochs: 1 },
      says: 'note',
      telling:
        /^the rate ends at 100 % of its peak, after 0 steps below 10 %, but the running statistics remember 30 steps/,
    },
    {
      of: 'a rate that falls to 0',
      run: { optimizer: sgd({ lr: linearTo0(0.1, 320) }), epochs: 20 },
      says: 'ok',
      telling: /after 32 steps below 10 %; the running statistics remember 30 steps$/,
    },
    {
      of: 'statistics that are measured anew',
      run: { epochs: 1, recalibrateBeforeEvaluation: true },
      says: 'inapplicable',
      telling: /^statistics are remeasured before each evaluation$/,
    },
  ],
  D20: [
    {
      of: 'BN and weight decay at a high rate, which break again and again',
      run: {
        ...whole,
        epochs: 3000,
        optimizer: sgd({ lr: 0.3, weightDecay: 0.01, groups: [...groups, { match: '^6', weightDecay: 0 }] }),
        log: { batchNorm: true },
      },
      says: 'warning',
      telling:
        /^the loss jumped \d times, .*; the effective rate rose \S+ times in the tenth of the run before, as norms shrink under weight decay until training breaks: divide the weight decay by 10$/,
    },
    { of: 'a usual run', run: { epochs: 20 }, says: 'ok', telling: /^the loss never jumped in 320 steps$/ },
    {
      of: 'a short run',
      run: { epochs: 5 },
      says: 'inapplicable',
      telling: /^80 steps are too few to see spikes in; 160 are enough$/,
    },
  ],
}

test('every diagnostic has a case where it fires and one where it does not', () => {
  expect(Object.keys(cases)).toEqual(diagnostics.map(({ id }) => id))
  for (const [id, all] of Object.entries(cases)) {
    expect(
      all.some(({ says }) => !['ok', 'inapplicable'].includes(says)),
      id,
    ).toBe(true)
    expect(
      all.some(({ says }) => says === 'ok'),
      id,
    ).toBe(true)
  }
})

describe.each(diagnostics.map(({ id, title }) => [id, title] as const))('%s, %s', (id) => {
  test.each(cases[id]!.map((one) => [one.says, one.of, one] as const))(
    'says %s of %s',
    async (says, _, one) => {
      const run = await trained(one.run)
      one.after?.(run)
      // A busy machine takes long for a step, and the doctor leaves out a range test that takes long.
      const clock = performance.now.bind(performance)
      const slowed = vi.spyOn(performance, 'now').mockImplementation(() => clock() / 100)
      const said = await diagnosed(run, id).finally(() => slowed.mockRestore())
      const text = 'advice' in said ? said.advice : said.reason
      expect(text).toMatch(one.telling)
      expect(severityOf(said), text).toBe(says)
      if ('value' in said) expect(said.value).not.toBeNaN()
      if ('advice' in said) expectToSayItsChange(said)
    },
  )
})

test.each(['D2', 'D5', 'D6', 'D12', 'D17'])('%s is made of a run of 300,000 steps', async (id) => {
  const { experiment, task } = await trained({ optimizer: sgd({ lr: 0.02, weightDecay: 1e-3 }) })
  task.goTo(300_000, 1)
  const said = await diagnosed({ experiment, task }, id)
  expect(said).toHaveProperty('value', expect.any(Number))
})

describe('without the state of the optimizer', () => {
  const steps =
    'the run kept no checkpoint, and without the state of its optimizer its steps cannot be repeated'
  const averages =
    'the run kept no checkpoint, and the weights for evaluation are part of the state of its optimizer'
  const average = { type: 'ema' } as const
  const optimizers: Readonly<Record<string, Optimizer>> = {
    momentum: sgd({ lr: 0.02, momentum: 0.9, weightDecay: 2e-3, groups }),
    adamw: adamw({ lr: 0.01, weightDecay: 0.1 }),
    average: sgd({ lr: 0.02, weightDecay: 2e-3, average }),
    scheduleFree: scheduleFreeSgd({ lr: 0.1, weightDecay: 1e-3 }),
    plain: sgd({ lr: 0.02, weightDecay: 2e-3, groups }),
  }
  /** What is said of a run, and of one of its weights alone. */
  const both = async (optimizer: Optimizer, id: string): Promise<readonly [Diagnosis, Diagnosis]> => {
    const { experiment, task } = await trained({ optimizer })
    const bare = taskOf(experiment)
    for (const [name, { data }] of task.variables) bare.variables.get(name)!.data = data
    bare.goTo(task.steps, 1)
    return [await diagnosed({ experiment, task }, id), await diagnosed({ experiment, task: bare }, id)]
  }

  test.each([
    ['momentum', 'D3', steps],
    ['momentum', 'D5', steps],
    ['adamw', 'D3', steps],
    ['adamw', 'D5', steps],
    ['scheduleFree', 'D5', steps],
    ['average', 'D8', averages],
    ['average', 'D9', averages],
    ['scheduleFree', 'D8', averages],
    ['scheduleFree', 'D9', averages],
  ])('of %s, %s has a reason in place of a number', async (kind, id, reason) => {
    const [whole, bare] = await both(optimizers[kind]!, id)
    expect(whole).toHaveProperty('value', expect.any(Number))
    expect(bare).not.toHaveProperty('value')
    expect(bare).toHaveProperty('reason', reason)
  })

  test.each([
    ['plain', 'D3'],
    ['plain', 'D5'],
    ['momentum', 'D8'],
    ['momentum', 'D9'],
  ])('of %s, %s needs none', async (kind, id) => {
    const [whole, bare] = await both(optimizers[kind]!, id)
    expect(whole).toHaveProperty('value', expect.any(Number))
    expect(bare).toEqual(whole)
  })
})
