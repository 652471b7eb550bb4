import { count, counted, percent } from '../../core/text.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import { cellsOf, type Scored } from '../analysis/cells.ts'
import type { Estimate, Finished } from '../analysis/findings.ts'
import { firstSeedOf } from '../analysis/tested.ts'
import { keyOf } from '../settings.ts'
import type { Settings } from '../trial.ts'
import { stepsWith } from '../trial-settings.ts'
import { type Bottleneck, bottleneckOf } from './bottleneck.ts'
import { type Confidence, isSure } from './confidence.ts'
import type { Contender } from './contender.ts'
import { evidenceOf } from './evidence.ts'
import { type Plan, wholeBudget } from './plan.ts'
import { isOwn, type Recommendation, recommendationOf } from './recommendation.ts'

/** Whether the recommendation can be trusted or, if not, what there is too little of to tell. */
export type Certainty = 'sure' | 'too little data' | 'too little budget'

/** The result of `advise`: settings to train with, the confidence in them, and the evidence for them. */
export interface Advice extends Confidence {
  readonly recommendation: Recommendation
  /**
   * - `sure`: with a confidence of at least 90 %, no other settings are better by more than `within`
   * - `too little data`: not even 10 % can be told, since results differ too much between seeds
   * - `too little budget`: trials were shorter than a run of the experiment
   */
  readonly certainty: Certainty
  /** A sentence that says the same with numbers and, where it would help, what would make it surer. */
  readonly because: string
  /** Score of the experiment as it is; absent if it was not run, diverged or failed. */
  readonly unchanged?: Estimate
  /** Number of the trial of the experiment as it is, with the lowest seed; absent as `unchanged` is. */
  readonly unchangedTrial?: number
  /** Absent unless batches are too small. */
  readonly bottleneck?: Bottleneck
  /** Observations from trials, one sentence each. */
  readonly evidence: readonly string[]
  readonly trials: readonly Finished[]
  readonly steps: { readonly spent: number; readonly budget: number }
}

/** Results of a race, on which advice is based. */
export interface Outcome {
  readonly experiment: Experiment
  readonly plan: Plan
  readonly budget: number
  readonly finished: readonly Finished[]
  readonly recommended: Contender
  readonly confidence: Confidence
}

/** Returns the advice to train with the settings of a candidate. */
export function adviceOf(outcome: Outcome): Advice {
  const { experiment, budget, finished, recommended, confidence } = outcome
  const metric = { name: experiment.monitor, goal: goalOf(experiment) }
  const whole = finished.filter(({ rung }) => rung === 1)
  const cells = cellsOf(whole, metric.name)
  const cellWith = (settings: Settings): Scored | undefined =>
    cells.find((cell): cell is Scored => keyOf(cell.settings) === keyOf(settings) && cell.score !== undefined)
  const best = cellWith(recommended.settings)!
  const unchanged = cellWith({})
  const bottleneck = bottleneckOf(experiment, finished, recommended.settings, metric)
  return {
    recommendation: recommendationOf(experiment, best.settings, best.score, firstSeedOf(whole, best).id),
    certainty: certaintyOf(outcome),
    ...confidence,
    because: becauseOf(outcome, Object.keys(best.scores).length),
    ...(unchanged && { unchanged: unchanged.score, unchangedTrial: firstSeedOf(whole, unchanged).id }),
    ...(bottleneck && { bottleneck }),
    evidence: evidenceOf(finished, metric, bottleneck),
    trials: finished,
    steps: { spent: finished.reduce((sum, { result }) => sum + result.steps, 0), budget },
  }
}

function certaintyOf({ plan, confidence }: Outcome): Certainty {
  if (!plan.isWhole) return 'too little budget'
  return isSure(confidence) ? 'sure' : 'too little data'
}

function becauseOf(outcome: Outcome, seeds: number): string {
  const { plan, experiment, confidence, recommended } = outcome
  const { confidence: p, within, better } = confidence
  const said = `${percent(p, 0)} that no other settings are better by more than ${percent(within, 0)}`
  const than =
    better === undefined ? '' : `, and ${percent(better, 0)} that it is better than the experiment as it is`
  const certainty = certaintyOf(outcome)
  if (certainty === 'too little budget') {
    const run = stepsWith(experiment)({})
    const longest = `the longest trials had ${count(plan.whole)} of a run's ${count(run)} steps`
    return `${longest}; trials as long as a run take --budget ${wholeBudget(run)}`
  }
  const over = `over ${counted(seeds, 'seed')} of ${isOwn(recommended.settings) ? 'it' : 'these settings'}`
  if (certainty === 'sure') return `${said}${than}; ${over}`
  return `${said}${than}; ${over}, results differ too much between seeds; more validation examples or a larger budget would tell`
}
