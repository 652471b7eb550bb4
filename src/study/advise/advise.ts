import { ArgumentError } from '../../core/errors.ts'
import { NormalizationError } from '../../nn/norm/normalization.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import { findLearningRate } from '../../train/find-lr.ts'
import { taskOf } from '../../train/train.ts'
import { cellsOf, isScored, type Scored } from '../analysis/cells.ts'
import type { Cell, Finished } from '../analysis/findings.ts'
import { stepsWith } from '../settings.ts'
import type { Value } from '../trial.ts'
import { type Advice, adviceOf, type RangeTest } from './advice.ts'
import { finalists, kept, type Plan, planOf, rates } from './plan.ts'
import { inProcess, type Runner } from './runner.ts'
import { driftWeightDecay } from './weight-decay.ts'

export interface AdviseOptions {
  /** Optimizer steps that may be spent, on range tests and trials together. */
  readonly budget: number
  /** What runs the trials; one after another in this process unless given. */
  readonly runner?: Runner
}

/** What happened on the way to an advice, which comes last. */
export type AdviseEvent =
  | ({ readonly type: 'range' } & RangeTest)
  | { readonly type: 'round'; readonly round: number; readonly trials: number; readonly steps: number }
  | { readonly type: 'trial'; readonly trial: Finished }
  | { readonly type: 'advice'; readonly advice: Advice }

type Settings = Readonly<Record<string, Value>>

/**
 * Find out which normalisation, learning rate and schedule suit a model and its data, within a budget of steps.
 *
 * 1. A range test with and one without batch normalization tells where to look for the rate.
 * 2. A race: rates of both, in half-decades from there upwards, in short runs; the best four with two schedules in runs
 *    three times as long; the best of those in runs of full length, with and without the weight decay that makes weights
 *    drift by 0.03 a step, beside the experiment as it is. Every run has its own whole schedule, and all share first weights and data order.
 * 3. What is left goes into more seeds of the two best.
 *
 * The experiment itself stays as it is: its model, data, optimizer and batch size are what is advised on.
 *
 * @throws {ArgumentError} when the budget does not reach for trials of 10 steps.
 */
export async function* advise(experiment: Experiment, options: AdviseOptions): AsyncGenerator<AdviseEvent> {
  const { budget, runner = inProcess } = options
  const plan = planOf(budget, stepsWith(experiment)({}))
  const ranges: RangeTest[] = []
  for await (const range of rangesOf(experiment, plan)) {
    ranges.push(range)
    yield { type: 'range', ...range }
  }
  const race = new Race(experiment, runner, ranges, budget)
  const [first, second, last] = plan.rounds
  const schedules = schedulesOf(experiment)
  yield* race.round(
    ranges.flatMap((range) => candidates(range, schedules[0])),
    first,
  )
  yield* race.round(
    race.best(kept).flatMap((cell) => withSchedules(cell, schedules)),
    second,
  )
  yield* race.round(finalsOf(race.best(finalists), experiment, plan), last)
  yield* race.repeats(last)
  yield { type: 'advice', advice: adviceOf({ experiment, plan, budget, ranges, ...race.outcome }) }
}

const typeOf = ({ optimizer }: Experiment): string => String(optimizer.spec.type)

/** First and last rate of the range test; those of optimizers that divide by the gradient's size are smaller. */
const ends: Readonly<Record<string, readonly [from: number, to: number]>> = {
  sgd: [1e-4, 10],
  lars: [1e-4, 10],
  scheduleFreeSgd: [1e-3, 100],
}

/** What is raced: schedules that end at 0, but for optimizers that are made to need none. */
const schedulesOf = (experiment: Experiment): readonly [first: string, second: string] =>
  typeOf(experiment).startsWith('scheduleFree')
    ? ['constant', 'warmup {5%} + constant {lr}']
    : ['cosine', 'oneCycle']

/** Range tests of the model with and without batch normalization, as far as it can be had. */
async function* rangesOf(experiment: Experiment, { ramp }: Plan): AsyncGenerator<RangeTest> {
  const [from, to] = ends[typeOf(experiment)] ?? [1e-6, 0.1]
  for (const normalization of ['none', 'batch'] as const) {
    const variant = { ...experiment, normalization }
    if (!isPossible(variant)) continue
    const options = { steps: ramp, from, to }
    yield { normalization, rates: await findLearningRate(variant, options) }
  }
}

/** Whether the model can be normalised as it is told. */
function isPossible(experiment: Experiment): boolean {
  try {
    taskOf(experiment)
    return true
  } catch (error) {
    if (error instanceof NormalizationError) return false
    throw error
  }
}

/** Rates in half-decades, from the suggestion upwards: a range test errs to the low side. */
function candidates({ normalization, rates: { suggestion } }: RangeTest, schedule: string): Settings[] {
  const lowest = Math.floor(2 * Math.log10(suggestion) + 0.05)
  return Array.from({ length: rates }, (_, i) => ({
    normalization,
    schedule,
    lr: halfDecade(lowest + i),
  }))
}

/** 0.01, 0.03, 0.1, … */
const halfDecade = (k: number): number =>
  Number(((k % 2 === 0 ? 1 : 3) * 10 ** Math.floor(k / 2)).toPrecision(1))

const withSchedules = ({ settings }: Cell, schedules: readonly string[]): Settings[] =>
  schedules.map((schedule) => ({ ...settings, schedule }))

/**
 * The finalists: the best of the race, the first of them with weight decay as well where a run is long enough for it, and the
 * experiment as it is where its run fits.
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

/** Trials in rounds, of which each knows the one before. */
class Race {
  readonly #experiment: Experiment
  readonly #runner: Runner
  readonly #budget: number
  readonly #finished: Finished[] = []
  #spent: number
  #round: Finished[] = []
  #rounds = 0

  constructor(experiment: Experiment, runner: Runner, ranges: readonly RangeTest[], budget: number) {
    this.#experiment = experiment
    this.#runner = runner
    this.#budget = budget
    this.#spent = ranges.reduce((sum, { rates }) => sum + rates.lrs.length, 0)
  }

  async *round(settings: readonly Settings[], steps: number): AsyncGenerator<AdviseEvent> {
    this.#round = []
    yield* this.#run(settings, steps, this.#experiment.seed, this.#rounds++)
  }

  /** The best cells of the last round. @throws {ArgumentError} when every trial diverged. */
  best(count: number): Scored[] {
    const sign = goalOf(this.#experiment) === 'max' ? -1 : 1
    const scored = cellsOf(this.#round, this.#experiment.monitor).filter(isScored)
    if (scored.length > 0) {
      return scored.sort((a, b) => sign * (a.score.value - b.score.value)).slice(0, count)
    }
    throw new ArgumentError(
      `advise: wanted a trial with a finite loss, got none of ${this.#round.length}; look for numbers in the data that ` +
        'are not finite',
    )
  }

  /** More seeds of the two best, as long as the budget pays for both. */
  async *repeats(steps: number): AsyncGenerator<AdviseEvent> {
    const two = this.best(2).map(({ settings }) => settings)
    const most = 5
    for (let k = 1; k < most && two.length === 2 && this.#spent + 2 * steps <= this.#budget; k++) {
      yield* this.#run(two, steps, this.#experiment.seed + k, this.#rounds)
    }
  }

  get outcome(): {
    readonly finished: readonly Finished[]
    readonly finals: readonly Finished[]
    readonly spent: number
  } {
    return { finished: this.#finished, finals: this.#round, spent: this.#spent }
  }

  async *#run(
    settings: readonly Settings[],
    steps: number,
    seed: number,
    rung: number,
  ): AsyncGenerator<AdviseEvent> {
    const first = this.#finished.length + 1
    const trials = settings.map((own, i) => ({ id: first + i, settings: own, seed, steps, rung }))
    yield { type: 'round', round: rung, trials: trials.length, steps }
    for await (const trial of this.#runner(this.#experiment, trials)) {
      this.#finished.push(trial)
      this.#round.push(trial)
      this.#spent += trial.result.steps
      yield { type: 'trial', trial }
    }
    // They may have come in any order; what is made of them must not depend on it.
    for (const list of [this.#finished, this.#round]) list.sort((a, b) => a.id - b.id)
  }
}
