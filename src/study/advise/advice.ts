import type { NormalizationType } from '../../nn/norm/normalization.ts'
import { parse, type Schedule } from '../../schedule/index.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import type { LearningRates } from '../../train/find-lr.ts'
import { cellsOf, isScored, keyOf, type Scored, without } from '../analysis/cells.ts'
import { compareCells, type JudgedMetric } from '../analysis/comparisons.ts'
import type { Estimate, Finished } from '../analysis/findings.ts'
import { capital, differenceText, figure, metricText, scoreText, settingsText } from '../analysis/words.ts'
import { scheduleText } from '../schedules.ts'
import { stepsWith } from '../settings.ts'
import { type Plan, seedsBudget, wholeBudget } from './plan.ts'

/** A range test of the model with one normalisation. */
export interface RangeTest {
  readonly normalization: NormalizationType
  readonly rates: LearningRates
}

/** What to train with, why, and how sure that is. */
export interface Advice {
  readonly recommendation: Recommendation
  /**
   * - `high`: over three seeds or more, the recommended settings are shown to be better than the second best
   * - `medium`: they led in both last rounds, in runs of full length
   * - `low`: neither; the budget is too small to tell, as `because` says
   */
  readonly confidence: 'high' | 'medium' | 'low'
  /** One sentence on the confidence, and what would raise it. */
  readonly because: string
  /** What was seen, a sentence each. */
  readonly evidence: readonly string[]
  readonly ranges: readonly RangeTest[]
  readonly trials: readonly Finished[]
  readonly steps: { readonly spent: number; readonly budget: number }
}

/** What to change; nothing where the experiment did best as it is. */
export interface Recommendation {
  readonly normalization?: NormalizationType
  /** The highest rate. */
  readonly lr?: number
  /** The schedule's name, and its text for a run of this length. */
  readonly schedule?: { readonly name: string; readonly text: string; readonly steps: number }
  /** Steps over which the rate rises at first. */
  readonly warmup?: number
  /** By the rule of the drift angle; absent where the rule does not apply, or it was no better. */
  readonly weightDecay?: number
  readonly score: Estimate
  /** As `evenstep train --set` takes them. */
  readonly settings: readonly string[]
}

interface Outcome {
  readonly experiment: Experiment
  readonly plan: Plan
  readonly budget: number
  readonly ranges: readonly RangeTest[]
  readonly finished: readonly Finished[]
  /** The trials of the last round and its repeats. */
  readonly finals: readonly Finished[]
  readonly spent: number
}

export function adviceOf(outcome: Outcome): Advice {
  const { experiment, budget, ranges, finished, finals, spent } = outcome
  const metric = { name: experiment.monitor, goal: goalOf(experiment) }
  const [best, second] = ranked(finals, metric)
  return {
    recommendation: recommendationOf(experiment, best!),
    ...confidenceOf(outcome, best!, second, metric),
    evidence: evidenceOf(ranges, finished, metric),
    ranges,
    trials: finished,
    steps: { spent, budget },
  }
}

/** Cells that were repeated before those that were not, and the best first among each. */
function ranked(trials: readonly Finished[], { name, goal }: JudgedMetric): Scored[] {
  const sign = goal === 'max' ? -1 : 1
  return cellsOf(trials, name)
    .filter(isScored)
    .sort((a, b) => seedsOf(b) - seedsOf(a) || sign * (a.score.value - b.score.value))
}

const seedsOf = ({ scores }: Scored): number => Object.keys(scores).length

function recommendationOf(experiment: Experiment, { settings, score }: Scored): Recommendation {
  if (isOwn(settings)) return { score, settings: [] }
  const { normalization, schedule, lr, 'optimizer.weightDecay': weightDecay } = settings
  const [name, peak, length] = [String(schedule), Number(lr), stepsWith(experiment)({})]
  const text = scheduleText(name, peak, length)
  const decay = typeof weightDecay === 'number' ? { weightDecay } : {}
  return {
    normalization: normalization as NormalizationType,
    lr: peak,
    schedule: { name, text, steps: length },
    warmup: warmupOf(parse(text), length),
    ...decay,
    score,
    settings: [
      `normalization=${normalization}`,
      `optimizer.lr=${text}`,
      ...(typeof weightDecay === 'number' ? [`optimizer.weightDecay=${weightDecay}`] : []),
    ],
  }
}

/** Whether they are those of the experiment as it is. */
const isOwn = (settings: Finished['settings']): boolean => Object.keys(settings).length === 0

const nameOf = (settings: Finished['settings']): string =>
  isOwn(settings) ? 'the experiment as it is' : settingsText(settings)

/** The step of the highest rate. */
function warmupOf(schedule: Schedule, steps: number): number {
  let highest = 0
  for (let step = 1; step < steps; step++) if (schedule(step) > schedule(highest)) highest = step
  return highest
}

function confidenceOf(
  { plan, experiment, finished }: Outcome,
  best: Scored,
  second: Scored | undefined,
  metric: JudgedMetric,
): Pick<Advice, 'confidence' | 'because'> {
  const [, middle, last] = plan.rounds
  const run = stepsWith(experiment)({})
  if (!plan.whole) {
    const because =
      `the budget is too small to tell: the longest trials had ${count(last)} of a run's ${count(run)} steps; ` +
      `trials as long as a run take --budget ${wholeBudget(run)}`
    return { confidence: 'low', because }
  }
  const repeats = `three seeds of the two best take --budget ${seedsBudget(run, 3)}`
  if (second && seedsOf(second) >= 3) {
    const [found] = compareCells(best, second, 'settings')
    const size = differenceText(Math.abs(found!.difference.value), metric.name)
    const over = `over ${seedsText(found!.seeds)}`
    const other = nameOf(second.settings)
    return found!.p < 0.05
      ? { confidence: 'high', because: `${over} it is better than ${other} by ${size}` }
      : {
          confidence: 'medium',
          because: `${over} no difference was shown to ${other} (${size}): either will do`,
        }
  }
  if (isOwn(best.settings)) {
    return {
      confidence: 'low',
      because: `over ${seedsText(seedsOf(best))} no other settings did better; ${repeats}`,
    }
  }
  const led = ranked(
    finished.filter(({ steps, rung }) => steps === middle && rung === 1),
    metric,
  )[0]
  if (led && keyOf(led.settings) === keyOf(without(best.settings, 'optimizer.weightDecay'))) {
    const because = `it led in runs of ${count(middle)} and of ${count(last)} steps, over one seed; ${repeats}`
    return { confidence: 'medium', because }
  }
  const before = led
    ? `${settingsText(led.settings)} led in runs of ${count(middle)} steps`
    : 'nothing led before'
  return { confidence: 'low', because: `the budget is too small to tell: ${before}; ${repeats}` }
}

const seedsText = (n: number): string => (n === 1 ? 'one seed' : `${n} seeds`)

const count = (n: number): string => n.toLocaleString('en-US')

function evidenceOf(
  ranges: readonly RangeTest[],
  finished: readonly Finished[],
  metric: JudgedMetric,
): string[] {
  const tested = ranges.map(
    ({ normalization, rates }) =>
      `A range test of ${count(rates.lrs.length)} steps with normalization ${normalization} suggests to begin at ` +
      `lr ${figure(rates.suggestion)}.`,
  )
  const [own, raced] = [true, false].map((asItIs) =>
    finished.filter(({ settings }) => isOwn(settings) === asItIs),
  ) as [Finished[], Finished[]]
  const values = (factor: string): string[] => [
    ...new Set(raced.map(({ settings }) => String(settings[factor]))),
  ]
  const compared = ['normalization', 'schedule', 'optimizer.weightDecay'].flatMap((factor) => {
    const best = values(factor).flatMap((value) =>
      longest(
        raced.filter(({ settings }) => String(settings[factor]) === value),
        metric,
      ),
    )
    return best.length < 2 ? [] : `${capital(best.map((cell) => cellText(cell, metric)).join('; '))}.`
  })
  const asItIs = longest(own, metric).map((cell) => `${capital(cellText(cell, metric))}.`)
  return [
    ...tested,
    ...compared,
    ...asItIs,
    ...values('normalization').flatMap((value) => brokenFrom(value, raced)),
  ]
}

/** From which rate on every trial of a normalisation diverged. */
function brokenFrom(normalization: string, finished: readonly Finished[]): string[] {
  const own = finished.filter(({ settings }) => String(settings.normalization) === normalization)
  const rates = (status: string): number[] =>
    own.filter(({ result }) => result.status === status).map(({ settings }) => Number(settings.lr))
  const highest = Math.max(0, ...rates('done'))
  const broken = rates('diverged').filter((lr) => lr > highest)
  if (broken.length === 0) return []
  const from = figure(Math.min(...broken))
  return [`With normalization ${normalization} rates from ${from} on made losses that are not finite.`]
}

/** The best of the trials that were trained longest. */
function longest(trials: readonly Finished[], metric: JudgedMetric): Scored[] {
  const steps = Math.max(
    ...trials.filter(({ result }) => result.status === 'done').map((trial) => trial.steps),
  )
  return ranked(
    trials.filter((trial) => trial.steps === steps),
    metric,
  ).slice(0, 1)
}

const cellText = ({ settings, score, steps }: Scored, { name }: JudgedMetric): string =>
  `${nameOf(settings)}: ${metricText(name)} ${scoreText(score.value, name)} after ${count(steps)} steps`
