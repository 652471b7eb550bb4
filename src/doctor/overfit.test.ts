import { expect, test } from 'vitest'
import { toy } from '../../test/support/toy.ts'
import type { Tensor } from '../core/tensor.ts'
import { dataset } from '../data/index.ts'
import * as nn from '../nn/index.ts'
import * as ops from '../ops/index.ts'
import { adam, sgd } from '../optim/index.ts'
import { earlyStopping } from '../schedule/index.ts'
import { type ExperimentOptions, taskOf } from '../train/index.ts'
import { overfit } from './overfit.ts'
import { causesOf } from './overfit-causes.ts'

const optimizer = adam({ lr: 0.01 })

/** A network that is wide enough, with a function of its output. */
const wide = (last: (x: Tensor) => Tensor = (x) => x): nn.Module => {
  const [fc1, fc2] = [new nn.Linear(2, 64), new nn.Linear(64, 3)]
  return { fc1, fc2, forward: (x: Tensor) => last(fc2.forward(ops.relu(fc1.forward(x)))) } as nn.Module
}

const causes = async (changes: Partial<ExperimentOptions>, examples = 12): Promise<readonly string[]> =>
  (await overfit(toy({ model: () => wide(), optimizer, steps: 50, ...changes }), { examples })).causes

test('a sound model memorizes a batch, without transforms, dropout and controllers', async () => {
  const model = () =>
    new nn.Sequential(new nn.Linear(2, 64), new nn.ReLU(), new nn.Dropout(0.9), new nn.Linear(64, 3))
  const transform = [{ name: 'noise', apply: () => expect.unreachable() }] as never
  const control = [earlyStopping({ patience: 1, threshold: 100 })]
  const found = await overfit(toy({ model, transform, control, optimizer }), { examples: 12 })
  expect(found).toMatchObject({ memorized: true, examples: 12, accuracy: 1, causes: [] })
  const { losses, loss, wanted, steps, evaluated } = found
  expect(wanted).toBe(losses[0]! / 100)
  expect(losses.slice(0, -10).every((one) => one > wanted)).toBe(true)
  expect([losses.length, losses.at(-1)]).toEqual([steps, loss])
  expect(Math.max(loss, evaluated)).toBeLessThanOrEqual(wanted)
})

test('targets far from 0 are memorized only below a hundredth of their variance', async () => {
  const y = Float32Array.of(1000, 1001, 1002, 1003)
  const points = dataset({ x: Float32Array.of(0, 1, 2, 3), y, targetShape: [1] })
  const data = { train: points, validation: points }
  const model = () => new nn.Sequential(new nn.Linear(1, 1))
  const found = await overfit(toy({ data, model, loss: ops.mseLoss, optimizer: sgd({ lr: 0.1 }) }), {
    examples: 4,
    steps: 5,
  })
  expect(found.wanted).toBeCloseTo(1.25 / 100, 6)
  expect(found.memorized).toBe(false)
})

test('examples that contradict each other are named', async () => {
  const [x, y] = [Float32Array.of(1, 2, 3, 4, 1, 2), Int32Array.of(0, 1, 2)]
  const points = dataset({ x, y, classes: 3 })
  const sampler = { count: 3, order: () => Int32Array.of(0, 1, 2) }
  expect(await causes({ data: { train: points, validation: points }, sampler, batchSize: 3 }, 3)).toContain(
    'examples 0 and 2 have the same x but different y, which no model can both predict',
  )
})

test('weights that never change are named, and a rate of 0', async () => {
  const detached = (): nn.Module => {
    const [fc1, fc2] = [new nn.Linear(2, 8), new nn.Linear(8, 3)]
    return { fc1, fc2, forward: (x: Tensor) => fc2.forward(ops.detach(fc1.forward(x))) } as nn.Module
  }
  expect(await causes({ model: detached, steps: 20 })).toContain(
    'no step changed fc1.weight and fc1.bias: forward does not use them, detaches them, or a group gives them a rate of 0',
  )
  expect(await causes({ optimizer: sgd({ lr: 0 }) })).toEqual([
    'no step changed a weight: the rate is 0 at every step',
  ])
})

test('an activation after the last layer is named', async () => {
  expect(await causes({ model: () => wide((x) => ops.softmax(x)) })).toContain(
    'the model ends in Softmax: the loss of logits, such as crossEntropy, has its own',
  )
})

test('a floor of the loss, a curve that falls and one that jumps are told apart', async () => {
  const loss = (output: Tensor, target: Tensor) => ops.crossEntropy(output, target, { labelSmoothing: 0.1 })
  const [floor] = await causes({ loss, steps: 400 })
  expect(floor).toMatch(
    /^all 12 examples are predicted right, so the loss may have a floor above 0, as with label smoothing; if 0\.\d+ is the floor, nothing is wrong$/,
  )
  const [falls] = await causes({ optimizer: sgd({ lr: 0.01 }) })
  expect(falls).toMatch(
    /^the loss still falls, by \d+(\.\d)? % in the second half of the steps: take more steps, or a higher rate$/,
  )
  const task = taskOf(toy())
  const before = new Map(
    [...task.variables].map(([name, { data }]) => [name, new Float32Array(data.length).fill(9)]),
  )
  const losses = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 0.2 : 0.5))
  const subject = toy()
  const trained = { task, dataset: subject.data.train, before, subject }
  expect(causesOf({ examples: 12, losses, loss: 0.5 }, trained)).toEqual([
    'the loss jumps up and down: take a lower rate',
  ])
})

test('more examples than there are, and options that do not exist, are refused', async () => {
  await expect(overfit(toy(), { examples: 101 })).rejects.toThrow(
    'overfit: wanted examples of at most 100, got 101',
  )
  await expect(overfit(toy(), { example: 8 } as never)).rejects.toThrow(
    'overfit: wanted one of examples, steps, signal, got example; did you mean examples?',
  )
})
