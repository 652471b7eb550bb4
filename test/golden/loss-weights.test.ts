import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/core/tensor.ts'
import { dataset } from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import { type Experiment, experiment, run, taskOf } from '../../src/train/index.ts'
import { difference, golden } from '../support/golden.ts'

interface Case {
  readonly batch: number
  readonly accumulate: number
  readonly weight: readonly number[]
  readonly trainLoss: readonly number[]
  readonly evaluation: number
}
interface LossCases extends Readonly<Record<'target' | 'evaluated' | 'weight' | 'bias', readonly number[]>> {
  readonly cases: readonly Case[]
}

const { x, losses } = golden<{
  readonly x: readonly number[]
  readonly losses: Readonly<Record<string, LossCases>>
}>('loss-weights')

const weight = [1, 5, 10]
const sequence = (output: Tensor): Tensor => ops.reshape(output, [-1, 3, 5])
const made: Readonly<Record<string, ops.Loss>> = {
  plain: ops.crossEntropy,
  weight: (o, t) => ops.crossEntropy(o, t, { weight }),
  sum: (o, t) => ops.crossEntropy(o, t, { reduction: 'sum' }),
  ignoreIndex: (o, t) => ops.crossEntropy(sequence(o), t, { ignoreIndex: -100 }),
  smooth: (o, t) => ops.crossEntropy(sequence(o), t, { weight, ignoreIndex: -100, labelSmoothing: 0.1 }),
  'two terms': (o, t) => ops.add(ops.crossEntropy(o, t, { weight }), ops.mul(0.1, ops.mean(ops.square(o)))),
}

function setup(
  name: string,
  { target, evaluated, bias }: LossCases,
  how: Pick<Case, 'batch' | 'accumulate'>,
): Experiment {
  const width = target.length / 35
  const of = (y: readonly number[]) =>
    dataset({
      x: Float64Array.from(x),
      y: Int32Array.from(y),
      shape: [4],
      ...(width > 1 && { targetShape: [width] }),
      classes: 3,
      ...(width > 1 && { ignoreIndex: -100 }),
    })
  return experiment({
    data: { train: of(target), validation: of(evaluated) },
    model: () => new nn.Linear(4, bias.length),
    loss: made[name]!,
    optimizer: sgd({ lr: 0.01 }),
    batchSize: how.batch,
    accumulate: how.accumulate,
    sampler: { count: 35, order: ({ length }) => Int32Array.from({ length }, (_, i) => i) },
    lastBatch: 'keep',
    epochs: 2,
    dtype: 'float64',
  })
}

describe.each(Object.entries(losses))('a loss says how much it weighs: %s', (name, loss) => {
  test.each(loss.cases)(
    'batches of $batch, $accumulate a step, as PyTorch takes them whole',
    async (wanted) => {
      const made = setup(name, loss, wanted)
      const task = taskOf(made)
      task.variables.get('weight')!.data = Float64Array.from(loss.weight)
      task.variables.get('bias')!.data = Float64Array.from(loss.bias)
      const epochs = []
      for await (const event of run(made, { task })) if (event.type === 'epoch') epochs.push(event)
      expect(difference(task.variables.get('weight')!.data, wanted.weight)).toBeLessThan(1e-12)
      expect(
        difference(
          epochs.map(({ trainLoss }) => trainLoss),
          wanted.trainLoss,
        ),
      ).toBeLessThan(1e-12)
      expect(difference([epochs[1]!.validationLoss], [wanted.evaluation])).toBeLessThan(1e-12)
    },
  )
})
