import { expect, test } from 'vitest'
import { compile, data, nn, ops, optim, schedule, study, train } from '../src/index.ts'
import { clouds, ToyNet, toy } from './support/toy.ts'

const { train: set } = clouds()
const x = { x: { shape: [1] } }
const body = ({ x }: { readonly x: ReturnType<typeof ops.neg> }) => ({ y: x })
const endless = data.stream(() => [], { shape: [2], classes: 3 })
const define = (given: object) => () => study.define({ experiment: toy(), factors: { lr: [0.1] }, ...given })

test.each<[message: string, wrong: () => unknown]>([
  ['compile: wanted threads of at most 1024, got 100000', () => compile(x, body, { threads: 1e5 })],
  ['experiment: wanted threads of at most 1024, got 1000000000', () => toy({ threads: 1e9 })],
  [
    'experiment: wanted batches of 1000000000000 examples that fit into the ',
    () => toy({ batchSize: 1e12, lastBatch: 'keep' }),
  ],
  [
    'study: factors.lr: wanted count of at most 10000, got 100000000',
    define({ factors: { lr: { from: 0.1, to: 1, count: 1e8 } } }),
  ],
  ['study: wanted seeds of at most 10000, got 1000000000', define({ seeds: 1e9 })],
  [
    'study: wanted a grid of up to 1000000 trials, got 9000000; use fewer values, or another design',
    define({
      factors: Object.fromEntries(
        ['lr', 'optimizer.momentum'].map((path) => [path, { from: 0.1, to: 0.9, count: 3000 }]),
      ),
      seeds: 1,
    }),
  ],
  [
    'study: wanted design.trials of up to 1000000 trials, got 300000000; use fewer values, or another design',
    define({ factors: { lr: { from: 0.1, to: 1 } }, design: { type: 'random', trials: 3e8 } }),
  ],
  [
    'weight: wanted numbers of shape [10000000000, 100] that fit into the ',
    () => nn.initialize(new nn.Linear(100, 1e10), 0),
  ],
  [
    'loader: wanted buffers of 1000000000000 examples that fit into the ',
    () => data.loader(endless, { batchSize: 1, shuffleBuffer: 1e12, seed: 0 }).batches(0).next(),
  ],
  [
    'loader: wanted buffers of 1000000000000 examples that fit into the ',
    () => data.loader(endless, { batchSize: 1e12 }).batches(0).next(),
  ],
  [
    'oneHot: wanted probabilities of 2000000000 classes for 100 examples that fit into the ',
    () => data.oneHot({ ...set, classes: 2e9 }),
  ],
  [
    'dataset: wanted classes of at most 2147483648, got 1e+100',
    () => data.dataset({ x: [1], y: [0], classes: 1e100 }),
  ],
  [
    'nextCharacter: wanted context of at most 1000000, got 1000000000',
    () => data.nextCharacter(['ab'], { context: 1e9 }),
  ],
  [
    'schedule.values: wanted n of at most 100000000, got 1000000000000',
    () => schedule.values(schedule.constant(1), 1e12),
  ],
])('a count that cannot be meant is refused at once: %s', async (message, wrong) => {
  const begun = process.cpuUsage()
  const error = await (async () => wrong())().catch((thrown: unknown) => thrown)
  const { user } = process.cpuUsage(begun)
  expect(String(error)).toContain(message)
  expect(user / 1e3).toBeLessThan(500)
})

test.each(['loss', 'trainLoss', 'validationLoss', 'validationAccuracy'])(
  'a metric cannot have the name of another result: %s',
  (name) => {
    expect(() => toy({ metrics: { [name]: train.metrics.f1() } })).toThrow(
      `experiment: wanted names of metrics that no other result has, got "${name}"; rename the metric`,
    )
  },
)

test('a schedule is held to the bounds of its option at every step', async () => {
  const task = (optimizer: optim.Optimizer) =>
    new train.Task({ model: new ToyNet(), loss: ops.crossEntropy, optimizer, data: set })
  const stack = { x: set.x.data.subarray(0, 128), y: set.y.data.subarray(0, 64), length: 64 }
  const refused = (optimizer: optim.Optimizer, message: string) =>
    expect(task(optimizer).learn(stack, 8)).rejects.toThrow(message)
  const falling = schedule.lambda(0.1, '5 - step')
  await refused(
    optim.sgd({ lr: falling }),
    'optimizer.lr: wanted a number ≥ 0 at step 6, got -0.1; see its schedule',
  )
  await refused(
    optim.sgd({ lr: 0.1, momentum: 0.9, weightDecay: (step) => 3 - step }),
    'optimizer.weightDecay: wanted a number ≥ 0 at step 4, got -1; see its schedule',
  )
  await refused(
    optim.adamw({ lr: 0.1, beta1: (step) => step / 4 }),
    'optimizer.beta1: wanted a number ≥ 0 and < 1 at step 4, got 1; see its schedule',
  )
  await refused(
    optim.sgd({ lr: 0.1, clip: { norm: (step) => 2 - step } }),
    'optimizer.clip: wanted a number > 0 at step 2, got 0; see its schedule',
  )
})

test('JSON of an experiment may begin with a byte-order mark, and says nothing twice', async () => {
  const { parseJson } = await import('../src/train/spec.ts')
  expect(parseJson('\ufeff{"a":1}', 'a.json')).toEqual({ a: 1 })
  expect(() => parseJson('{"optimizer": {"lr": 0.1, "lr": 0.001}}', 'a.json')).toThrow(
    'a.json: wanted JSON that says each thing once, in a few levels, got the key "lr" twice in one object',
  )
  expect(() => schedule.parse('{"type":"constant","value":1,"value":2}')).toThrow('the key "value" twice')
})
