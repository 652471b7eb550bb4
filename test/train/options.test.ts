import { expect, test } from 'vitest'
import * as data from '../../src/data/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as ops from '../../src/ops/index.ts'
import { sgd } from '../../src/optim/index.ts'
import * as train from '../../src/train/index.ts'
import { ToyNet, toy } from '../support/toy.ts'

const setup = toy()
const batches = data.loader(setup.data.train, { batchSize: 8 })
const options = {
  model: new ToyNet(),
  loss: ops.crossEntropy,
  optimizer: sgd({ lr: 0.1 }),
  data: setup.data.train,
}
const task = new train.Task(options)
const accumulate = { steps: 2, batchnorm: 'exact' }

const refused: readonly (readonly [wanted: string, make: (wrong: object) => unknown, wrong: object])[] = [
  [
    'Task: wanted one of model, .*, got tread; did you mean threads\\?',
    (o) => new train.Task({ ...options, ...o }),
    { tread: 1 },
  ],
  ['Task: wanted seed as an integer ≥ 0, got -1', (o) => new train.Task({ ...options, ...o }), { seed: -1 }],
  [
    'experiment: accumulate: wanted one of steps, batchNorm, got batchnorm; did you mean batchNorm\\?',
    (o) => toy(o),
    { accumulate },
  ],
  [
    'experiment: wanted accumulate as a positive integer, or as \\{ steps, .* \\}, got 0',
    (o) => toy(o),
    { accumulate: 0 },
  ],
  [
    'experiment: checkpoints: wanted one of everySteps, keep, got kept; did you mean keep\\?',
    (o) => toy(o),
    { checkpoints: { kept: 1 } },
  ],
  [
    'evaluate: wanted one of batchSize, signal, intervals, got batch',
    (o) => task.evaluate(setup.data.validation, o),
    { batch: 1 },
  ],
  [
    'atEvaluation: wanted one of batchSize, signal, got size',
    (o) => task.atEvaluation(async () => 0, o),
    { size: 1 },
  ],
  [
    'run: wanted one of task, progress, signal, test, got tsk; did you mean task\\?',
    (o) => train.run(setup, o).next(),
    { tsk: task },
  ],
  [
    'findLearningRate: wanted one of from, to, steps, task, signal, got step; did you mean steps\\?',
    (o) => train.findLearningRate(setup, o),
    { step: 30 },
  ],
  [
    'recalibrate: wanted one of batches, signal, got batch; did you mean batches\\?',
    (o) => train.recalibrate(new nn.BatchNorm1d(2), batches, o),
    { batch: 1 },
  ],
  [
    'updateBn: wanted batches as a positive integer or Infinity, got 0',
    (o) => train.updateBn(new nn.BatchNorm1d(2), batches, o),
    { batches: 0 },
  ],
  [
    'RunFolder: wanted one of resume, task, checkpointSeconds, notes, got note; did you mean notes\\?',
    (o) => new train.RunFolder('none', setup, o),
    { note: {} },
  ],
  [
    'Checkpoints: wanted one of keep, got kep; did you mean keep\\?',
    (o) => new train.Checkpoints('none', o),
    { kep: 1 },
  ],
]

test.each(refused)('%s', async (wanted, make, wrong) => {
  await expect((async () => make(wrong))()).rejects.toThrow(new RegExp(`^${wanted}`))
})
