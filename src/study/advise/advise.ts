import { callback, type OptionsOf, readOptions, required, size } from '../../core/options.ts'
import { NormalizationError } from '../../nn/norm/normalization.ts'
import type { Experiment } from '../../train/experiment.ts'
import { findLearningRate } from '../../train/find-lr.ts'
import { taskOf } from '../../train/train.ts'
import type { Scored } from '../analysis/cells.ts'
import type { Settings } from '../trial.ts'
import { stepsWith } from '../trial-settings.ts'
import { type Advice, adviceOf, type RangeTest } from './advice.ts'
import { finalists, kept, type Plan, planOf, rates } from './plan.ts'
import { Race, type RaceEvent } from './race.ts'
import { inProcess, type Runner } from './runner.ts'
import { driftWeightDecay } from './weight-decay.ts'

const options = {
  /** Optimizer steps to spend, on range tests and trials together. */
  budget: required(size),
  /** Runs the trials. @default one after another in this process */
  runner: callback<Runner>('a function of an experiment and its trials'),
}

export interface AdviseOptions extends OptionsOf<typeof options> {}

/** An event on the way to an advice, which comes last. */
export type AdviseEvent =
  | ({ readonly type: 'range' } & RangeTest)
  | RaceEvent
  | { readonly type: 'advice'; readonly advice: Advice }

/**
 * Finds the normalization, learning rate and schedule that suit a model and its data, within a budget of steps.
 *
 * 1. One range test with and one without batch normalization tell where to look for the rate.
 * 2. A race: first short runs of both at rates in half-decades upwards from there; then the best four with two
 *    schedules in runs three times as long; then the best of those in full runs, also with the weight decay
 *    that turns weights by 0.03 per step, beside the unchanged experiment. Each run has its own complete
 *    schedule; all share initial weights and data order.
 * 3. The rest of the budget goes into more seeds of the two best.
 *
 * Model, data, optimizer and batch size stay those of the experiment.
 *
 * @throws {ArgumentError} when the budget is too small for trials of 10 steps.
 */
export async function* advise(experiment: Experiment, given: AdviseOptions): AsyncGenerator<AdviseEvent> {
  const { budget, runner = inProcess } = readOptions('advise', options, given)
  const plan = planOf(budget, stepsWith(experiment)({}))
  const ranges: RangeTest[] = []
  for await (const range of rangesOf(experiment, plan)) {
    ranges.push(range)
    yield { type: 'range', ...range }
  }
  const tested = ranges.reduce((sum, { rates }) => sum + rates.lrs.length, 0)
  const race = new Race(experiment, runner, budget, tested)
  const [first, second, last] = plan.rounds
  const schedules = schedulesOf(experiment)
  yield* race.round(
    ranges.flatMap((range) => candidates(range, schedules[0])),
    first,
  )
  yield* race.round(
    race.best(kept).flatMap(({ settings }) => schedules.map((schedule) => ({ ...settings, schedule }))),
    second,
  )
  yield* race.round(finalsOf(race.best(finalists), experiment, plan), last)
  yield* race.repeats(last)
  yield { type: 'advice', advice: adviceOf({ experiment, plan, budget, ranges, ...race.outcome }) }
}

/** The schedules of the race: they end at 0, except for optimizers designed to need none. */
const schedulesOf = ({ optimizer }: Experiment): readonly [first: string, second: string] =>
  optimizer.traits().constantRate ? ['constant', 'warmup {5%} + constant {lr}'] : ['cosine', 'oneCycle']

/** Range tests with and without batch normalization; variants that the model does not support are skipped. */
async function* rangesOf(experiment: Experiment, { ramp }: Plan): AsyncGenerator<RangeTest> {
  const { testRates } = experiment.optimizer.traits()
  const options = { steps: ramp, ...(testRates && { from: testRates[0], to: testRates[1] }) }
  for (const normalization of ['none', 'batch'] as const) {
    const variant = { ...experiment, normalization }
    if (!isPossible(variant)) continue
    yield { normalization, rates: await findLearningRate(variant, options) }
  }
}

/** Whether the model supports the experiment's normalization. */
function isPossible(experiment: Experiment): boolean {
  try {
    taskOf(experiment)
    return true
  } catch (error) {
    if (error instanceof NormalizationError) return false
    throw error
  }
}

/** Rates in half-decades from the suggestion upwards: a range test errs on the low side. */
function candidates({ normalization, rates: { suggestion } }: RangeTest, schedule: string): Settings[] {
  const lowest = Math.floor(2 * Math.log10(suggestion) + 0.05)
  return Array.from({ length: rates }, (_, i) => ({ normalization, schedule, lr: halfDecade(lowest + i) }))
}

/** 0.01, 0.03, 0.1, … */
const halfDecade = (k: number): number =>
  Number(((k % 2 === 0 ? 1 : 3) * 10 ** Math.floor(k / 2)).toPrecision(1))

/**
 * The finalists: the best of the race; the first of them also with weight decay, if a run is long enough for
 * it; and the unchanged experiment, if its run fits.
 */
function finalsOf(cells: readonly Scored[], experiment: Experiment, { rounds, whole }: Plan): Settings[] {
  const all = cells.map(({ settings }) => settings)
  const [first] = all
  const decay = driftWeightDecay(experiment, Number(first?.lr), rounds[2])
  const more: Settings[] = [
    ...(decay !== undefined && first?.normalization === 'batch'
      ? [{ ...first, 'optimizer.weightDecay': decay }]
      : []),
    ...(whole ? [{}] : []),
  ]
  return [...all.slice(0, finalists - more.length), ...more]
}
