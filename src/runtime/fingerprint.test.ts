import { expect, test } from 'vitest'
import { ArgumentError } from '../core/errors.ts'
import { variables } from '../core/state.ts'
import { hyperparameter } from '../core/variable.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { adamw, type Optimizer, sgd } from '../optim/index.ts'
import { compile } from './compile.ts'
import { graphFingerprint } from './fingerprint.ts'
import { traceStep } from './traced.ts'

const schedule = (step: number): number => 0.1 / (step + 1)
/** NaN from step 2 on. */
const breaking = (step: number): number => (step < 2 ? 0.1 : Number.NaN)

/** A training step of a layer and a batch normalization. */
function stepOf(optimizer: Optimizer, options: nn.BatchNormOptions = {}) {
  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3, options))
  nn.initialize(model, 0)
  const attached = optimizer.attach(variables(model))
  return ({ x }: { x: ReturnType<typeof ops.relu> }) => {
    const loss = ops.mean(model.forward(x, 'train'))
    attached.minimize(loss)
    return { loss }
  }
}

test('better names of what is fed do not change the fingerprints of runs', () => {
  const step = stepOf(adamw({ lr: schedule, beta1: schedule }), {
    momentum: schedule,
    renorm: { rMax: schedule, dMax: schedule },
  })
  const traced = traceStep({ x: { shape: [4, 2] } }, step as never)
  expect([...traced.scheduled.keys()]).toEqual([
    '1.rMax#0',
    '1.dMax#1',
    '1.momentum#2',
    'optimizer.kept#3',
    'optimizer.beta1#4',
    'optimizer.beta1#5',
    'optimizer.size#6',
    'optimizer.eps#7',
  ])
  expect(graphFingerprint(traced)).toBe('b5325979d2ab9f051c603136c6765c42')
  const renamed = new Map([...traced.scheduled].map(([key, fed]) => [`${key} again`, { ...fed, name: 'x' }]))
  expect(graphFingerprint({ ...traced, scheduled: renamed })).toBe(graphFingerprint(traced))
})

const feeds = { x: new Float32Array(8).map((_, i) => i) }
const see = 'wanted a finite number at step 2, got NaN; see its schedule'
test.each<[string, Optimizer, nn.BatchNormOptions]>([
  ['optimizer.lr', sgd({ lr: breaking }), {}],
  ['optimizer.lr', adamw({ lr: breaking, weightDecay: 0.1 }), {}],
  ['optimizer.beta2', adamw({ lr: 0.1, beta2: breaking }), {}],
  ['optimizer.weightDecay', sgd({ lr: 0.1, weightDecay: breaking }), {}],
  ['optimizer.clip', sgd({ lr: 0.1, clip: { norm: breaking } }), {}],
  [
    'optimizer.groups.1.lr',
    sgd({ lr: 0.1, groups: [{ match: 'weight' }, { match: 'bias', lr: breaking }] }),
    {},
  ],
  ['optimizer.average.decay', sgd({ lr: 0.1, average: { type: 'ema', decay: breaking } }), {}],
  ['1.momentum', sgd({ lr: 0.1 }), { momentum: breaking }],
  ['1.dMax', sgd({ lr: 0.1 }), { renorm: { dMax: breaking } }],
])('a number that is not finite is named %s', async (name, optimizer, options) => {
  const step = await compile({ x: { shape: [4, 2] } }, stepOf(optimizer, options) as never)
  await step(feeds, 0)
  await expect(step(feeds, 2)).rejects.toThrow(new ArgumentError(`${name}: ${see}`))
})

test('a number that is not finite is named by what feeds it', async () => {
  const step = await compile({}, () => ({ y: hyperparameter(breaking, 'float32', 'rate') }))
  await expect(step({}, 2)).rejects.toThrow(`rate: ${see}`)
})
