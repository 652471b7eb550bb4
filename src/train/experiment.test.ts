import { expect, test } from 'vitest'
import { ToyNet, toy } from '../../test/support/toy.ts'
import { experiment } from './experiment.ts'

test('an experiment is checked, key by key', () => {
  const make = (changes: object) => () => experiment({ ...toy(), ...changes } as never)
  expect(make({ learningRate: 0.1 })).toThrow(
    'experiment: wanted one of name, data, sampler, shuffleBuffer, transform, model, modelOptions, loss, optimizer, metrics, log, batchSize, normalization, epochs, steps, scheduleSteps, seed, lastBatch, control, monitor, checkpoints, accumulate, nonFinite, recalibrateBeforeEvaluation, dtype, device, threads, got learningRate',
  )
  expect(make({ batchsize: 3 })).toThrow('got batchsize; did you mean batchSize?')
  expect(make({ epochs: 0 })).toThrow('experiment: wanted epochs as a positive integer, got 0')
  expect(make({ batchSize: '64' })).toThrow('experiment: wanted batchSize as a positive integer, got "64"')
  expect(make({ seed: Number.NaN })).toThrow('experiment: wanted seed as an integer ≥ 0, got NaN')
  expect(make({ model: new ToyNet() })).toThrow(
    'experiment: wanted model as a function that returns a module, such as () => new Net(), got {',
  )
  expect(make({ data: undefined })).toThrow(
    'experiment: wanted data as a split with train and validation, such as data.digits10x10(), got nothing',
  )
  expect(make({ lastBatch: 'wrap' })).toThrow(
    "experiment: wanted lastBatch as 'drop' or 'keep', got \"wrap\"",
  )
  expect(() => experiment(3 as never)).toThrow(
    'experiment: wanted an object, got 3; export train.experiment({ … })',
  )
})
