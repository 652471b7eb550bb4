import { describe, expect, test } from 'vitest'
import { compile, constant, data, EvenstepError, nn, ops, optim, type Tensor, train } from '../src/index.ts'

const d = data.dataset({ x: Float32Array.of(1, 2, 3, 4), y: Int32Array.of(0, 1, 0, 1) })
const model = (): nn.Module => new nn.Sequential(new nn.Linear(1, 2))
const options = { optimizer: optim.sgd({ lr: 0.1 }), data: d }
const task = (more: object = {}): train.Task =>
  new train.Task({ ...options, model: model(), loss: ops.crossEntropy, ...more })
const step = (more: object) => () => task(more).step({ x: d.x.data, y: d.y.data, length: 4 })
const Async = { forward: async (x: Tensor) => x }
const List = { forward: (x: Tensor) => [x] }
const body = ({ x }: { readonly x: Tensor }) => ({ y: x })
const x1 = { x: { shape: [1] } }

/** Calls a function with arguments that its type forbids. */
const call = (f: unknown, ...given: readonly unknown[]): unknown =>
  (f as (...all: unknown[]) => unknown)(...given)
const make = (Class: unknown, ...given: readonly unknown[]): unknown =>
  Reflect.construct(Class as new () => object, [...given])

describe('a natural wrong call', () => {
  test.each<[message: string, wrong: () => unknown]>([
    ['loss: wanted a tensor, got nothing; return what it computes', step({ loss: () => {} })],
    ['loss: wanted a tensor, got 1', step({ loss: () => 1 })],
    ['loss: wanted a tensor, got NaN; compute with ops', step({ loss: () => Number.NaN })],
    ['loss: wanted a tensor, got a promise; a step is traced', step({ loss: async (o: Tensor) => o })],
    ['Object: forward: wanted a tensor, got a promise; a step is traced', step({ model: Async })],
    ['Object: forward: wanted a tensor, got a list of tensors; pick one of them', step({ model: List })],
    ['Task: wanted metrics as metrics by name', () => task({ metrics: [train.metrics.f1()] })],
    ['step: wanted a batch of x, y and length, got nothing', () => call(task().step.bind(task()))],
    ['evaluate: wanted a data set or a stream, got nothing', () => call(task().evaluate.bind(task()))],
    [
      'run: wanted an experiment, as train.experiment makes it, got nothing',
      () => (call(train.run) as AsyncGenerator).next(),
    ],
    ['sgd: wanted weights by name, got', () => call(options.optimizer.attach, model())],
    [
      'exportOnnx: wanted shape as a list of integers ≥ 0, got nothing',
      () => call(train.exportOnnx, model(), {}),
    ],
    [
      'exportOnnx: wanted one of shape, dtype, data, tensors, got zzz',
      () => call(train.exportOnnx, model(), { shape: [1], zzz: 1 }),
    ],
    ['exportOnnx: wanted model as a module, got nothing', () => call(train.exportOnnx)],
    ['summary: wanted shape as a list of integers ≥ 0, got nothing', () => call(nn.summary, model())],
    [
      'fuseAll: wanted the shape and element type of a batch, got {}; such as {',
      () => call(nn.fuseAll, model(), {}),
    ],
    ['model: wanted a module, such as new nn.Linear(2, 1), got nothing', () => call(nn.variables)],
    ['model: wanted a module, such as new nn.Linear(2, 1), got nothing', () => call(nn.initialize)],
    ['model: wanted a module, such as new nn.Linear(2, 1), got 3', () => call(nn.freeze, 3)],
    ['initialize: wanted seed as an integer, got NaN', () => nn.initialize(model(), Number.NaN)],
    ['initialize: wanted seed as an integer, got 1.5', () => nn.initialize(model(), 1.5)],
    [
      'init.constant: wanted value as a finite number, got {"value":2}',
      () => call(nn.init.constant, { value: 2 }),
    ],
    [
      'Sequential: wanted layer 0 as a module, got a list; give the layers one by one',
      () => make(nn.Sequential, [model()]),
    ],
    [
      'Sequential: wanted layer 0 as a module, got the class ReLU; write new nn.ReLU(…)',
      () => make(nn.Sequential, nn.ReLU),
    ],
    ['Sequential: wanted layer 1 as a module, got a function', () => make(nn.Sequential, model(), ops.relu)],
    ['Residual: wanted shortcut as a module, got {}', () => make(nn.Residual, model(), {})],
    ['Flatten: wanted startDim as an integer, got {"startDim":1}', () => make(nn.Flatten, { startDim: 1 })],
    ['compile: wanted inputs by name', () => call(compile)],
    [
      'compile: x: wanted options as an object of shape, dtype, fixed, got 3',
      () => call(compile, { x: 3 }, body),
    ],
    [
      'compile: x: wanted one of shape, dtype, fixed, got dytpe; did you mean dtype?',
      () => call(compile, { x: { shape: [2], dytpe: 'int32' } }, body),
    ],
    [
      "compile: x: wanted shape as a list of integers ≥ 0, or of 'N' and integers, got [null]",
      () => call(compile, { x: { shape: [Number.NaN] } }, body),
    ],
    ['compile: wanted a function of the inputs, got nothing', () => call(compile, x1)],
    [
      'compile: wanted tensors by name, got a tensor; return an object',
      () => call(compile, x1, ({ x }: { x: Tensor }) => x),
    ],
    ['compile: wanted tensors by name, got nothing; return an object', () => call(compile, x1, () => {})],
    [
      'compile: wanted tensors by name, got a promise; leave async out',
      () => call(compile, x1, async () => ({})),
    ],
    ['compile: y: wanted a tensor, got 3', () => call(compile, x1, () => ({ y: 3 }))],
    ['step: wanted the values of x by name, got nothing', async () => call(await compile(x1, body))],
    [
      'constant: wanted a flat list of numbers, got 5; for one number, write constant([5], [])',
      () => call(constant, 5),
    ],
    ['constant: wanted a flat list of numbers, got [[1],[2]]', () => call(constant, [[1], [2]])],
    ['constant: wanted numbers for the shape [2, 2], got "3 of them"', () => constant([1, 2, 3], [2, 2])],
    [
      "constant: wanted dtype as 'float32', 'float64', 'int32', 'int64' or 'bool', got \"float16\"",
      () => call(constant, [1], [1], 'float16'),
    ],
    [
      'normalize: wanted a split with train and validation, got one without; for one data set',
      () => call(data.normalize, d),
    ],
    ['moments: wanted a data set, as data.dataset makes it, got nothing', () => call(data.moments)],
    [
      'classWeights: wanted a data set, as data.dataset makes it, got a split; give it split.train',
      () => call(data.classWeights, { train: d, validation: d }),
    ],
    [
      'data: wanted the path of a file as a text, got nothing',
      () => call(data.csv, undefined, { label: 'y' }),
    ],
    ['data: wanted the path of a file as a text, got nothing', () => call(data.npy, undefined, undefined)],
    [
      'crossEntropy: wanted weight as a tensor or numbers ≥ 0, got [1,-1]',
      step({ loss: (o: Tensor, y: Tensor) => ops.crossEntropy(o, y, { weight: [1, -1] }) }),
    ],
    [
      'experiment: data: wanted one of train, validation, test, got tests; did you mean test?',
      () =>
        call(train.experiment, {
          ...options,
          model,
          loss: ops.crossEntropy,
          data: { train: d, validation: d, tests: d },
          batchSize: 4,
          epochs: 1,
        }),
    ],
  ])('%s', async (message, wrong) => {
    const error = await (async () => wrong())().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(EvenstepError)
    expect((error as Error).message).toContain(message)
    expect((error as Error).message.indexOf(message)).toBe(0)
  })

  test('an initializer that is a text is refused by its weight', () => {
    const net = new nn.Sequential(new nn.Linear(1, 2))
    Object.assign((net[0] as nn.Linear).weight, { initializer: 'zeros' })
    expect(() => nn.initialize(net, 0)).toThrow(
      '0.weight: wanted initializer as a function, such as nn.init.zeros, got "zeros"',
    )
  })

  test('a transform that returns another example is refused; one that returns its array is not', () => {
    const batches = (apply: unknown) =>
      [...data.loader(d, { batchSize: 2, transform: [{ name: 'mine', apply } as data.Transform] }).batches(0)]
        .length
    expect(() => batches((e: data.Example) => ({ ...e, y: Int32Array.of(1) }))).toThrow(
      'mine: wanted a transform that changes its example in place, got another example; write to the arrays x and y, as in x[0] = 1',
    )
    expect(batches(({ x }: data.Example) => x.fill(0))).toBe(2)
  })

  test('a later group all of whose options earlier groups set is refused', () => {
    const weights = nn.variables(nn.initialize(model(), 0))
    const groups = [
      { match: 'weight', lr: 1 },
      { match: '0', lr: 2 },
      { match: '0.weight', lr: 3 },
    ]
    expect(() => optim.sgd({ lr: 0.1, groups }).attach(weights)).toThrow(
      'sgd: wanted groups[2] with a weight whose options no group before it sets, got "0.weight"; the first group wins: put it further to the front',
    )
    expect(optim.sgd({ lr: 0.1, groups: groups.slice(0, 2) }).attach(weights).trained).toHaveLength(2)
  })
})
