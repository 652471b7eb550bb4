import { type AbortSignalLike, abortSignal } from '../../core/abort.ts'
import { callback, type OptionsOf, present, readOptions, required, size } from '../../core/options.ts'
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
  /** Total optimizer steps that all range tests and trials together may take. */
  budget: required(size),
  /** Function that runs the trials. @default one after another in this process */
  runner: callback<Runner>('a function of an experiment and its trials'),
  /** Abort signal that stops range tests and trials. */
  signal: abortSignal(),
}

export interface AdviseOptions extends OptionsOf<typeof options> {}

/** An event of `advise`: a range test has finished, a round starts, a trial has finished; last, the advice. */
export type AdviseEvent =
  | ({ readonly type: 'range' } & RangeTest)
  | RaceEvent
  | { readonly type: 'advice'; readonly advice: Advice }

/**
 * Recommends a normalization, learning rate and schedule for a model and its data, within a budget of steps.
 *
 * 1. Two range tests (training at rising rates), without and with batch normalization, suggest one learning rate for
 *    each.
 * 2. A race of three rounds has fewer trials in each round, three times as long as in the round before. Round 1 tries
 *    both normalizations, each at the suggested rate and at four higher rates, each about 3 times the one before.
 *    Round 2 tries the best four settings with two schedules each. Round 3 tries, in full runs, the best of those,
 *    the very best also with a weight decay that turns weights by 0.03 rad per step, and the unchanged experiment.
 *    Each trial runs through a complete schedule; all start from the same weights and see data in the same order.
 * 3. The rest of the budget is spent on repeating the two best settings with more seeds.
 *
 * Model, data, optimizer and batch size are not varied.
 *
 * @throws {ArgumentError} when the budget is too small for trials of 10 steps.
 * @throws the reason of `signal`, once it is aborted and there is no advice yet.
 */
export async function* advise(experiment: Experiment, given: AdviseOptions): AsyncGenerator<AdviseEvent> {
  const { budget, runner = inProcess, signal } = readOptions('advise', options, given)
  signal?.throwIfAborted()
  const plan = planOf(budget, stepsWith(experiment)({}))
  const ranges: RangeTest[] = []
  for await (const range of rangesOf(experiment, plan, signal)) {
    ranges.push(range)
    yield { type: 'range', ...range }
  }
  const tested = ranges.reduce((sum, { rates }) => sum + rates.lrs.length, 0)
  const race = new Race(experiment, runner, budget, tested, signal)
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

/** Returns the two schedules to try: constant ones, if the optimizer is designed for that, else decaying ones. */
const schedulesOf = ({ optimizer }: Experiment): readonly [first: string, second: string] =>
  optimizer.traits().constantRate ? ['constant', 'warmup {5%} + constant {lr}'] : ['cosine', 'oneCycle']

/** Runs range tests of the model without and with batch normalization; skips a model that cannot be built. */
async function* rangesOf(
  experiment: Experiment,
  { ramp }: Plan,
  signal: AbortSignalLike | undefined,
): AsyncGenerator<RangeTest> {
  const { testRates } = experiment.optimizer.traits()
  const [from, to] = testRates ?? [1e-5, 10]
  for (const normalization of ['none', 'batch'] as const) {
    const variant = { ...experiment, normalization }
    if (!isPossible(variant)) continue
    const rates = await findLearningRate(variant, present({ steps: ramp, from, to, signal }))
    // A flat curve suggests no rate: begin a decade below the middle of the rates that suit the optimizer.
    yield { normalization, rates, begin: rates.suggestion ?? Math.sqrt(from * to) / 10 }
  }
}

/** Whether the model can be built with the normalization that the experiment names. */
function isPossible(experiment: Experiment): boolean {
  try {
    taskOf(experiment)
    return true
  } catch (error) {
    if (error instanceof NormalizationError) return false
    throw error
  }
}

/** Returns five combinations of settings, whose learning rates rise from about `begin` by factors of about 3. */
function candidates({ normalization, begin }: RangeTest, schedule: string): Settings[] {
  const lowest = Math.floor(2 * Math.log10(begin) + 0.05)
  return Array.from({ length: rates }, (_, i) => ({ normalization, schedule, lr: halfDecade(lowest + i) }))
}

/** Returns 10^(k/2), rounded to 1 or 3 times a power of ten: 1, 3, 10, … for k = 0, 1, 2, … */
const halfDecade = (k: number): number =>
  Number(((k % 2 === 0 ? 1 : 3) * 10 ** Math.floor(k / 2)).toPrecision(1))

/**
 * Returns at most four combinations of settings for the last round: the best ones of the round before, the best
 * one with weight decay added (only with batch normalization, and in runs long enough for decay to matter), and
 * the unchanged experiment (only if the budget suffices for full runs).
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
