import { mismatch } from '../core/mismatch.ts'
import type { Hyperparameter } from '../core/options.ts'
import { count, figure } from '../core/text.ts'
import { Variable } from '../core/variable.ts'
import * as init from '../nn/init.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { noDecayOnNormAndBias } from '../optim/weight-groups.ts'
import * as schedule from '../schedule/index.ts'
import { microBatchesPerStep } from '../train/accumulate.ts'
import { checkExperiment, type Experiment } from '../train/experiment.ts'
import { runLength } from '../train/length.ts'

/** A change that a finding advises to make to an experiment, as plain JSON; `obey` makes it. */
export type ExperimentChange =
  /** Multiplies the learning rate at every step by `factor`. */
  | { readonly type: 'rate'; readonly factor: number }
  /** Lets the learning rate fall linearly to 0 over the last `steps` steps of the run. */
  | { readonly type: 'fall'; readonly steps: number }
  /** Multiplies the weight decay of every weight by `factor`, below 1. */
  | { readonly type: 'weightDecay'; readonly factor: number }
  /** Exempts weights with one axis (γ, β and biases) from weight decay. */
  | { readonly type: 'exemptVectors' }
  /** Recomputes running statistics on training data before they are used in evaluation. */
  | { readonly type: 'recalibrate' }
  /** Corrects running statistics for the bias towards their initial values, like Adam's averages. */
  | { readonly type: 'zeroDebias' }
  /** Makes batch normalization normalize all micro-batches of an optimizer step together. */
  | { readonly type: 'exactBatchNorm' }
  /** Drops an epoch's last training batch if it is incomplete. */
  | { readonly type: 'dropLast' }
  /** Sets the batch size; keeps the number of epochs, and adapts schedules to the new number of steps. */
  | { readonly type: 'batchSize'; readonly batchSize: number }
  /** A change to the model's code, which `obey` cannot make. */
  | { readonly type: 'model'; readonly instruction: string }

interface Kind<C extends ExperimentChange> {
  /** Returns the change as an instruction, such as `divide the learning rate by 3`. */
  phrase(change: C): string
  /** Returns a copy of the experiment with the change made. */
  make(experiment: Experiment, change: C): Experiment
}

type Kinds = {
  readonly [T in ExperimentChange['type']]: Kind<Extract<ExperimentChange, { readonly type: T }>>
}

const kinds: Kinds = {
  rate: {
    phrase: ({ factor }) =>
      factor < 1
        ? `divide the learning rate by ${figure(1 / factor)}`
        : `multiply the learning rate by ${figure(factor)}`,
    make: (experiment, { factor }) => withRate(experiment, (lr) => schedule.scaled(lr, { factor })),
  },
  fall: {
    phrase: ({ steps }) => `let the learning rate fall to 0 over the last ${count(steps)} steps`,
    make(experiment, { steps }) {
      const end = runLength(experiment).steps!
      const points = [
        [end - steps, 1],
        [end, 0],
      ] as const
      return withRate(experiment, (lr) => schedule.chained([lr, schedule.piecewiseLinear(points)]))
    },
  },
  weightDecay: {
    phrase: ({ factor }) => `divide the weight decay by ${figure(1 / factor)}`,
    make: (experiment, { factor }) =>
      withOption(experiment, 'weightDecay', (decay) =>
        typeof decay === 'number' ? factor * decay : (step) => factor * decay(step),
      ),
  },
  exemptVectors: {
    phrase: () => 'exempt γ, β and biases from weight decay with groups: optim.noDecayOnNormAndBias()',
    make: (experiment) => {
      const { groups = [] } = specOf(experiment.optimizer)
      return withOptimizer(experiment, { groups: [...noDecayOnNormAndBias(), ...groups] })
    },
  },
  recalibrate: {
    phrase: () => 'recalibrate them before evaluation',
    make(experiment) {
      const { average } = specOf(experiment.optimizer)
      const evaluated = average && { average: { ...average, batchNorm: 'recalibrate' } }
      const changed = { ...experiment, recalibrateBeforeEvaluation: true }
      return evaluated ? withOptimizer(changed, evaluated) : changed
    },
  },
  zeroDebias: {
    phrase: () => 'use { zeroDebias: true } in BN',
    make: (experiment) => {
      const { normalization } = experiment
      const given = typeof normalization === 'object' ? normalization : { type: normalization }
      const type = given.type === 'ghost' ? 'ghost' : 'batch'
      return { ...experiment, normalization: { ...given, type, zeroDebias: true } }
    },
  },
  exactBatchNorm: {
    phrase: () => "accumulate with batchNorm: 'exact'",
    make: (experiment) => ({
      ...experiment,
      accumulate: { steps: microBatchesPerStep(experiment.accumulate), batchNorm: 'exact' },
    }),
  },
  batchSize: {
    phrase: ({ batchSize }) => `use batches of ${count(batchSize)}, with as many epochs`,
    make(experiment, { batchSize }) {
      const factor = batchSize / experiment.batchSize
      const made = { ...experiment, batchSize }
      return withRate(made, (lr) => schedule.lambda(1, (step) => lr(step * factor)))
    },
  },
  dropLast: {
    phrase: () => "use lastBatch: 'drop'",
    make: (experiment) => ({ ...experiment, lastBatch: 'drop' }),
  },
  model: {
    phrase: ({ instruction }) => instruction,
    make(_, { instruction }) {
      throw mismatch('obey', 'a change of options', instruction, 'change the model')
    },
  },
}

function kindOf(who: string, change: ExperimentChange): Kind<ExperimentChange> {
  const { type } = Object(change) as ExperimentChange
  if (typeof type === 'string' && Object.hasOwn(kinds, type)) return kinds[type] as Kind<ExperimentChange>
  throw mismatch(who, `a change of type ${Object.keys(kinds).join(', ')}`, change)
}

/**
 * Returns a copy of the experiment with one change made, such as a finding or lint advises.
 *
 * @throws {ArgumentError} when the change is to the model's code, which only its author can make.
 * @example doctor.obey(experiment, { type: 'dropLast' }).lastBatch // 'drop'
 */
export function obey(experiment: Experiment, change: ExperimentChange): Experiment {
  checkExperiment('obey', experiment)
  return kindOf('obey', change).make(experiment, change)
}

/** Returns a change as an instruction, such as `divide the learning rate by 3`, for the end of a finding's text. */
export const phrase = (change: ExperimentChange): string => kindOf('phrase', change).phrase(change)

type Group = Readonly<Record<string, Hyperparameter>>

interface Spec {
  readonly lr: Hyperparameter
  readonly groups?: readonly Group[]
  readonly average?: object
  readonly type: string
}

const specOf = (optimizer: Optimizer): Spec => optimizer.spec as object as Spec

const withOptimizer = (experiment: Experiment, changes: object): Experiment => ({
  ...experiment,
  optimizer: experiment.optimizer.with(changes as Readonly<Record<string, unknown>>),
})

/** Changes the value (or default) of an option in the optimizer and in each parameter group that sets the option. */
function withOption(
  experiment: Experiment,
  name: 'lr' | 'weightDecay',
  change: (value: Hyperparameter) => Hyperparameter,
): Experiment {
  const { optimizer } = experiment
  const groups = specOf(optimizer).groups?.map((group) => {
    const value = group[name]
    return value === undefined ? group : { ...group, [name]: change(value) }
  })
  const common = commonOptions(optimizer)[name]
  return withOptimizer(experiment, {
    ...(common !== undefined && { [name]: change(common) }),
    ...(groups && { groups }),
  })
}

/** Returns the options, including defaults, of weights that are in no parameter group. */
function commonOptions(optimizer: Optimizer): Partial<Group> {
  const one = new Map([['weight', new Variable([1], init.zeros)]])
  return optimizer.with({ groups: [] }).attach(one).options.get('weight') as Partial<Group>
}

const withRate = (experiment: Experiment, change: (lr: schedule.Schedule) => schedule.Schedule): Experiment =>
  withOption(experiment, 'lr', (lr) => change(scheduleOf(lr)))

function scheduleOf(lr: Hyperparameter): schedule.Schedule {
  if (typeof lr === 'number') return schedule.constant(lr)
  return schedule.isSchedule(lr) ? lr : schedule.lambda(1, lr)
}
