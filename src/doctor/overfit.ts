import { type AbortSignalLike, abortSignal } from '../core/abort.ts'
import { mismatch } from '../core/mismatch.ts'
import { integer, type OptionsOf, present, readOptions, required, size } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import { constant } from '../core/tensor.ts'
import { type Batch, picked } from '../data/batch.ts'
import type { Dataset } from '../data/dataset.ts'
import { datasetOf } from '../data/stream.ts'
import { Dropout } from '../nn/dropout.ts'
import type { Module } from '../nn/module.ts'
import { modules } from '../nn/modules.ts'
import { sgd } from '../optim/index.ts'
import {
  checkExperiment,
  type Experiment,
  experiment as makeExperiment,
  trainingBatches,
} from '../train/experiment.ts'
import { newModel } from '../train/new-model.ts'
import { Task } from '../train/task.ts'
import { taskOf } from '../train/train.ts'
import { type Attempt, causesOf } from './overfit-causes.ts'
import { tracedOutput } from './traced-output.ts'

const options = {
  /** Number of training examples to memorize, all in one batch. */
  examples: required(size),
  /** Maximum number of optimizer steps. @default the experiment's `steps`, if it has some, otherwise 1000 */
  steps: integer({ min: 1 }),
  /** Abort signal that stops the training before the next steps. */
  signal: abortSignal(),
}

export interface OverfitOptions extends OptionsOf<typeof options> {}

/** Result of trying to memorize a few examples. */
export interface Overfitted extends Attempt {
  /** Whether the loss fell to `wanted`. */
  readonly memorized: boolean
  /** Number of optimizer steps taken. */
  readonly steps: number
  /** Loss at which the examples count as memorized: a hundredth of the loss without any learning. */
  readonly wanted: number
  /** Loss of the same examples in evaluation mode, at the end. */
  readonly evaluated: number
  /** Likely causes if the examples are not memorized; empty if they are. */
  readonly causes: readonly string[]
}

/** Number of optimizer steps per run of the graph. */
const stride = 10

/**
 * Trains an experiment on a few examples, all in one batch that stays the same, until they are memorized: the first
 * test of a new model, since one that cannot memorize a few examples has a fault. Transforms, dropout layers,
 * controllers and `accumulate` are left out; loss, optimizer and schedules are the experiment's own, and percentages
 * in schedules refer to `steps`. The examples are the first ones of the experiment's first epoch.
 *
 * They count as memorized at a hundredth of the first loss; for targets without classes, of the lower of the first loss
 * and the loss of a model that always predicts their mean.
 *
 * Source: Karpathy 2019, A Recipe for Training Neural Networks, https://karpathy.github.io/2019/04/25/recipe/.
 *
 * @throws {ArgumentError} when the training data have fewer examples.
 * @throws {DivergedError} at the first loss that is not finite.
 * @throws the reason of `signal`, once it is aborted.
 * @example const { memorized, causes } = await doctor.overfit(experiment, { examples: 32 })
 */
export async function overfit(experiment: Experiment, asked: OverfitOptions): Promise<Overfitted> {
  checkExperiment('overfit', experiment)
  const { examples, steps = experiment.steps ?? 1000, signal } = readOptions('overfit', options, asked)
  const batch = await firstBatch(experiment, examples)
  const { x, y, ...names } = experiment.data.train
  const { classes, classNames, featureNames, ignoreIndex } = names
  const known = present({ classes, classNames, featureNames, ignoreIndex })
  const dataset = datasetOf(batch, x, y, known)
  const subject = narrowed(experiment, dataset, steps)
  const task = taskOf(subject)
  const before = new Map([...task.variables].map(([name, { data }]) => [name, data]))
  const guess = classes === undefined ? await lossOfMean(subject, dataset, task.model) : undefined
  const learnt = await memorize(task, dataset, { steps, guess, signal })
  const { loss: evaluated, accuracy } = await task.evaluate(dataset, { batchSize: examples })
  const result = { examples, ...learnt, evaluated, ...present({ accuracy }) }
  return { ...result, causes: learnt.memorized ? [] : causesOf(result, { task, dataset, before, subject }) }
}

/** Returns the first batch of the experiment's first epoch, without transforms. */
async function firstBatch(given: Experiment, examples: number): Promise<Batch> {
  const batches = trainingBatches({ ...given, transform: [] }, examples, 'keep').batches(0)
  for await (const { x, y, weights, length } of batches) {
    if (length < examples) throw mismatch('overfit', `examples of at most ${length}`, examples)
    return { x, y, ...(weights && { weights }), length }
  }
  throw mismatch('overfit', 'training data with examples', 0)
}

/** Returns the experiment on the examples of `dataset` alone, without what makes a step differ from the one before. */
function narrowed(given: Experiment, dataset: Dataset, steps: number): Experiment {
  const { sampler, shuffleBuffer, accumulate, epochs, scheduleSteps, log, ...rest } = given
  return makeExperiment({
    ...rest,
    data: { train: dataset, validation: dataset },
    model: () => withoutDropout(newModel(given)),
    transform: [],
    control: [],
    batchSize: dataset.length,
    nonFinite: 'throw',
    steps,
  })
}

/** Sets the rate of every dropout layer of a model to 0. */
function withoutDropout(model: Module): Module {
  for (const layer of modules(model).values()) if (layer instanceof Dropout) Object.assign(layer, { p: 0 })
  return model
}

interface Memorizing {
  readonly steps: number
  readonly guess: number | undefined
  readonly signal: AbortSignalLike | undefined
}

type Memorized = Pick<Overfitted, 'memorized' | 'steps' | 'wanted' | 'losses' | 'loss'>

/** Takes steps on all examples until its loss is low enough, or all steps are taken. */
async function memorize(
  task: Task,
  dataset: Dataset,
  { steps, guess, signal }: Memorizing,
): Promise<Memorized> {
  const { length: size } = dataset
  const losses: number[] = []
  let [wanted, loss] = [0, Number.POSITIVE_INFINITY]
  while (losses.length < steps && loss > wanted) {
    signal?.throwIfAborted()
    const count = Math.min(stride, steps - losses.length)
    const indices = Int32Array.from({ length: count * size }, (_, i) => i % size)
    losses.push(...Array.from((await task.learn(picked(dataset, indices), size)).losses))
    wanted = Math.min(Math.abs(losses[0]!), guess || Number.POSITIVE_INFINITY) / 100
    loss = losses.at(-1)!
  }
  return { memorized: loss <= wanted, steps: losses.length, wanted, losses, loss }
}

/** Returns the loss of always predicting the mean target; undefined if outputs and targets differ in size. */
async function lossOfMean(subject: Experiment, dataset: Dataset, model: Module): Promise<number | undefined> {
  const { dtype, loss } = subject
  const { x, y, length } = dataset
  const { shape } = tracedOutput(model, x, length, dtype)
  const width = sizeOf(y.shape)
  if (sizeOf(shape) !== width * length) return undefined
  const mean = Array.from({ length: width }, (_, j) => {
    let sum = 0
    for (let i = 0; i < length; i++) sum += Number(y.data[i * width + j])
    return sum / length
  })
  const guess = Array.from({ length: width * length }, (_, i) => mean[i % width]!)
  const constantModel: Module = { forward: () => constant(guess, shape, dtype) }
  const task = new Task({ model: constantModel, loss, optimizer: sgd({ lr: 0.1 }), data: dataset, dtype })
  return (await task.evaluate(dataset, { batchSize: length })).loss
}
