import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { clouds, toy } from '../../test/support/toy.ts'
import { nameOf } from '../core/names.ts'
import { variables } from '../core/state.ts'
import { input, type Tensor } from '../core/tensor.ts'
import { trace } from '../core/variable.ts'
import { loader } from '../data/loader.ts'
import * as nn from '../nn/index.ts'
import { print } from '../onnx/print.ts'
import * as ops from '../ops/index.ts'
import { adam, adamw, type Optimizer, sgd } from '../optim/index.ts'
import { toLines } from './event-log.ts'
import { experiment } from './experiment.ts'
import { RunFolder } from './run-folder.ts'
import { run, taskOf } from './train.ts'
import { type LogOptions, watched } from './watch.ts'

const everything = { gradientNorm: true, batchNorm: true }
const root = mkdtempSync(join(tmpdir(), 'evenstep-watch-'))
afterAll(() => rmSync(root, { recursive: true }))

/** The graph of the golden training step, watched. */
function graphOf(log: LogOptions): string {
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.ReLU(),
    new nn.BatchNorm1d(4),
    new nn.Linear(4, 2),
  )
  const rule = sgd({ lr: (step) => step }).attach(variables(model))
  const [x, y] = [input([8, 3]), input([8], 'int32')]
  const { result, reads, writes, scheduled } = trace((): Record<string, Tensor> => {
    const forward = (): Tensor => ops.crossEntropy(model.forward(x, 'train'), y)
    return watched(model, log, forward, (loss) => rule.minimize(loss, log.gradientNorm)).outputs
  })
  const given = [...reads].map(([variable, t]) => [nameOf(variable), t] as const)
  const rate = [...scheduled.keys()].map((t) => ['lr', t] as const)
  const next = [...writes].map(([variable, t]) => [`next ${nameOf(variable)}`, t] as const)
  const results = new Map([...Object.entries(result), ...next])
  return `${print(new Map([['x', x], ['y', y], ...rate, ...given]), results)}\n`
}

/** 2 · asin(½ · ‖â − b̂‖), in float64. */
function chordAngle(a: readonly number[], b: readonly number[]): number {
  const [unitA, unitB] = [a, b].map((v) => v.map((x) => x / Math.hypot(...v)))
  return 2 * Math.asin(Math.hypot(...unitA!.map((x, i) => x - unitB![i]!)) / 2)
}

describe('a watched step', () => {
  const golden = readFileSync(
    new URL('../../test/golden/training-steps/article.txt', import.meta.url),
    'utf8',
  )

  test('is the same graph when nothing is asked for', () => {
    expect(graphOf({})).toBe(golden)
    expect(graphOf({ gradientNorm: false, batchNorm: false, samplesPerSecond: true })).toBe(golden)
  })

  test('computes the statistics of a layer once', () => {
    const nodes = (text: string): number => text.split('\n').filter((line) => line.startsWith('%')).length
    // Five means of the four channels, of the weight a square, its sum and a quotient, and some 20 for the angle.
    expect(nodes(graphOf({ batchNorm: true })) - nodes(golden)).toBeLessThanOrEqual(40)
  })

  const optimizers: Readonly<Record<string, Optimizer>> = {
    sgd: sgd({ lr: 0.1 }),
    momentum: sgd({ lr: 0.1, momentum: 0.9 }),
    nesterov: sgd({ lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    adam: adam({ lr: 0.01 }),
    adamw: adamw({ lr: 0.01 }),
  }
  const rows = (batchSize: number) =>
    Object.entries(optimizers).map(([name, one]) => [name, batchSize, one] as const)
  test.each([...rows(8), ...rows(200)])(
    'of %s on batches of %d learns to the bit what it would unwatched',
    async (_, batchSize, optimizer) => {
      const data = clouds(5 * batchSize)
      const learn = async (log: LogOptions) => {
        const setup = toy({ data, batchSize, optimizer, log, epochs: 3, threads: 1 })
        const task = taskOf(setup)
        const losses: number[] = []
        for await (const event of run(setup, { task })) {
          if (event.type === 'steps') losses.push(...Array.from(event.losses))
        }
        return { losses, weights: [...task.variables.values()].map(({ data }) => [...data]) }
      }
      expect(await learn(everything)).toEqual(await learn({}))
    },
  )

  test('tells the norm of the gradient, and what a BN layer did', async () => {
    const setup = toy({ log: everything, dtype: 'float64', optimizer: sgd({ lr: 0.1 }) })
    const task = taskOf(setup)
    const before = new Map([...task.variables].map(([name, { data }]) => [name, Array.from(data, Number)]))
    const batch = [...loader(setup.data.train, { batchSize: 8, seed: 0 }).batches(0)][0]!
    const { logs } = await task.learn(batch, 8)
    const at = (name: string): number => logs![name]![0]!
    const square = (values: readonly number[]): number => values.reduce((sum, x) => sum + x * x, 0)
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length
    const later = (name: string): number[] => Array.from(task.variables.get(name)!.data, Number)

    const moved = [...task.variables]
      .filter(([, { trainable }]) => trainable)
      .map(([name]) => square(later(name).map((x, i) => (x - before.get(name)![i]!) / 0.1)))
    expect(at('gradientNorm')).toBeCloseTo(Math.sqrt(moved.reduce((a, b) => a + b)), 10)

    expect(Object.keys(logs!).filter((name) => name !== 'gradientNorm')).toEqual(
      ['batchMean', 'batchVar', 'runningMean', 'runningVar', 'weight', 'effectiveRate', 'angle'].map(
        (name) => `bn.${name}`,
      ),
    )
    expect(at('bn.runningMean')).toBeCloseTo(mean(later('bn.running_mean')), 12)
    expect(at('bn.runningVar')).toBeCloseTo(mean(later('bn.running_var')), 12)
    expect(at('bn.runningMean')).toBeCloseTo(0.1 * at('bn.batchMean'), 12)
    expect(at('bn.runningVar')).toBeCloseTo(0.9 + (0.1 * at('bn.batchVar') * 8) / 7, 12)
    expect(at('bn.weight')).toBe(1)
    expect(at('bn.effectiveRate')).toBeCloseTo(0.1 / square(before.get('fc1.weight')!), 10)
  })

  test('tells the norm of the gradient at rate 0, where no weight moves', async () => {
    const normAt = async (lr: number) => {
      const setup = toy({ log: { gradientNorm: true }, optimizer: sgd({ lr: (step) => step + lr }) })
      const task = taskOf(setup)
      const before = [...task.variables.values()].filter((v) => v.trainable).map(({ data }) => [...data])
      const batch = [...loader(setup.data.train, { batchSize: 8, seed: 0 }).batches(0)][0]!
      const { logs } = await task.learn(batch, 8)
      const after = [...task.variables.values()].filter((v) => v.trainable).map(({ data }) => [...data])
      return { norm: logs!.gradientNorm![0]!, isStill: after.every((w, i) => `${w}` === `${before[i]}`) }
    }
    const [rest, moving] = [await normAt(0), await normAt(0.25)]
    expect([rest.isStill, moving.isStill]).toEqual([true, false])
    expect(rest.norm).toBe(moving.norm)
  })

  /** The angle between two weights, from their inner product in float64: exact where it is not small. */
  const angleBetween = (a: readonly number[], b: readonly number[]): number => {
    const dot = (x: readonly number[], y: readonly number[]): number =>
      x.reduce((total, value, i) => total + value * y[i]!, 0)
    return Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))
  }
  test.each([
    ['float64', 'large', 0.5, 10],
    ['float32', 'large', 0.5, 5],
    ['float64', 'small', 1e-4, 10],
    ['float32', 'small', 1e-4, 7],
  ] as const)('tells in %s by which %s angle it turned a weight', async (dtype, _, lr, digits) => {
    const setup = toy({ log: { batchNorm: true }, dtype, optimizer: sgd({ lr, momentum: 0.9 }) })
    const task = taskOf(setup)
    const weight = (): number[] => Array.from(task.variables.get('fc1.weight')!.data, Number)
    let before = weight()
    for (const batch of loader(setup.data.train, { batchSize: 8, seed: 0, last: 'drop' }).batches(0)) {
      const { logs } = await task.learn(batch, 8)
      const after = weight()
      expect(logs!['bn.angle']![0]).toBeCloseTo(angleBetween(before, after), lr < 0.1 ? 6 : digits)
      expect(logs!['bn.angle']![0]).toBeCloseTo(chordAngle(before, after), digits)
      expect(logs!['bn.angle']![0]).toBeGreaterThan(lr / 1e3)
      before = after
    }
  })

  test('tells the same in one call as in many, at the rate of each step', async () => {
    const setup = toy({ log: everything, optimizer: sgd({ lr: (step) => 0.1 / (1 + step) }) })
    const [many, one] = [taskOf(setup), taskOf(setup)]
    const batches = loader(setup.data.train, { batchSize: 8, seed: 0, last: 'drop' })
    const stack = [...batches.stacks(0, () => 12)][0]!
    const { logs } = await one.learn(stack, 8)
    let k = 0
    for (const batch of batches.batches(0)) {
      const { logs: single } = await many.learn(batch, 8)
      for (const [name, values] of Object.entries(logs!)) expect(single![name]![0], name).toBe(values[k])
      k++
    }
    expect(k).toBe(12)
  })

  test('of layers that keep no statistics, or that no weight feeds, tells what there is', async () => {
    const names = async (...layers: nn.Module[]) => {
      const setup = toy({ log: { batchNorm: true }, model: () => new nn.Sequential(...layers) })
      for await (const event of run(setup)) {
        if (event.type === 'steps') return Object.keys(event.logs!).map((name) => name.replace(/.*\./, ''))
      }
      return []
    }
    const [first, last] = [new nn.Linear(2, 2), new nn.Linear(2, 3)]
    expect(
      await names(first, new nn.BatchNorm1d(2, { trackRunningStats: false, affine: false }), last),
    ).toEqual(['batchMean', 'batchVar', 'effectiveRate', 'angle'])
    expect(await names(new nn.BatchNorm1d(2, { affine: false }), new nn.Linear(2, 3))).toEqual([
      'batchMean',
      'batchVar',
      'runningMean',
      'runningVar',
    ])
  })
})

describe('what a run logs', () => {
  test('stands in the line of each step', async () => {
    const log = { gradientNorm: true, samplesPerSecond: true }
    for await (const event of run(toy({ log, epochs: 1 }))) {
      if (event.type !== 'steps') continue
      const line = JSON.parse(toLines(event).split('\n')[0]!)
      expect(Object.keys(line)).toEqual(['type', 'epoch', 'step', 'loss', 'lr', 'gradientNorm', 'time'])
      expect(line.gradientNorm).toBe(event.logs!.gradientNorm![0])
      expect(line.time.samplesPerSecond).toBeGreaterThan(0)
    }
  })

  test('is the same when it was stopped and resumed', async () => {
    const train = async (name: string, stop: number, resume = false): Promise<string> => {
      const setup = toy({ log: everything, threads: 1, checkpoints: { everySteps: 5 } })
      const folder = new RunFolder(join(root, name), setup, { resume })
      let seen = 0
      for await (const _ of folder.events()) if (++seen >= stop) break
      folder.close()
      return readFileSync(join(root, name, 'events.jsonl'), 'utf8').replace(/"time":\{[^}]*\}/g, '')
    }
    const whole = await train('whole', 1e9)
    await train('stopped', 4)
    expect(await train('stopped', 1e9, true)).toBe(whole)
    expect(JSON.parse(readFileSync(join(root, 'whole', 'run.json'), 'utf8')).log).toEqual(everything)
  })

  test('is one of the things that can be', () => {
    expect(() => experiment({ ...toy(), log: { gradNorm: true } } as never)).toThrow(
      'experiment: log: wanted one of gradientNorm, batchNorm, samplesPerSecond, got gradNorm',
    )
  })
})
