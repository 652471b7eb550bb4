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
  /** Optimizer steps to spend on range tests and trials together. */
  budget: required(size),
  /** Runs the trials. @default one after another in this process */
  runner: callback<Runner>('a function of an experiment and its trials'),
}

export interface AdviseOptions extends OptionsOf<typeof options> {}

/** An event of an advice: a range test, a round or a trial is over; the advice itself comes last. */
export type AdviseEvent =
  | ({ readonly type: 'range' } & RangeTest)
  | RaceEvent
  | { readonly type: 'advice'; readonly advice: Advice }

/**
 * Finds the normalization, learning rate and schedule that suit a model and its data, within a budget of steps.
 *
 * 1. Two range tests, with and without batch normalization, suggest a learning rate for each.
 * 2. A race of three rounds: short runs of both at rates in half-decades upwards from the suggestion; the best
 *    four with two schedules, three times as long; the best of those in full runs, also with the weight decay
 *    that turns weights by 0.03 per step, together with the unchanged experiment. Each run has its own complete
 *    schedule; all share initial weights and data order.
 * 3. The rest of the budget goes into more seeds of the two best settings.
 *
 * Model, data, optimizer and batch size are those of the experiment.
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
  const opening = ranges.flatMap((range) => candidates(range, schedules[0]))
  yield* race.round(opening, first)
  const best = race.best(kept)
  const both = best.flatMap(({ settings }) => schedules.map((schedule) => ({ ...settings, schedule })))
  yield* race.round(both, second)
  yield* race.round(finalsOf(race.best(finalists), experiment, plan), last)
  yield* race.repeats(last)
  yield { type: 'advice', advice: adviceOf({ experiment, plan, budget, ranges, ...race.outcome }) }
}

/** Returns the schedules of the race; for optimizers made for a constant rate, constant ones. */
const schedulesOf = ({ optimizer }: Experiment): readonly [first: string, second: string] =>
  optimizer.traits().constantRate ? ['constant', 'warmup {5%} + constant {lr}'] : ['cosine', 'oneCycle']

/** Runs range tests without and with batch normalization, skipping what the model does not support. */
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

/** Returns settings with rates in half-decades upwards from the suggestion, since range tests err low. */
function candidates({ normalization, rates: { suggestion } }: RangeTest, schedule: string): Settings[] {
  const lowest = Math.floor(2 * Math.log10(suggestion) + 0.05)
  return Array.from({ length: rates }, (_, i) => ({ normalization, schedule, lr: halfDecade(lowest + i) }))
}

/** Returns the `k`-th half-decade: 1, 3, 10, … for k = 0, 1, 2, … */
const halfDecade = (k: number): number =>
  Number(((k % 2 === 0 ? 1 : 3) * 10 ** Math.floor(k / 2)).toPrecision(1))

/**
 * Returns the settings of the last round: the best of the race; the very best also with weight decay, if runs
 * are long enough for it to take effect; and the unchanged experiment, if its run fits the budget.
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
