import { count, figure } from '../../core/text.ts'
import type { NormalizationType } from '../../nn/norm/normalization.ts'
import { parse, type Schedule } from '../../schedule/index.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import type { LearningRates } from '../../train/find-lr.ts'
import { cellsOf, ranked, type Scored } from '../analysis/cells.ts'
import { compareCells } from '../analysis/comparisons.ts'
import type { Estimate, Finished, Objective } from '../analysis/findings.ts'
import { capital, differenceText, metricText, scoreText, settingsText } from '../analysis/words.ts'
import { scheduleText } from '../schedules.ts'
import { groupedBy, keyOf, without } from '../settings.ts'
import type { Settings } from '../trial.ts'
import { stepsWith } from '../trial-settings.ts'
import { type Plan, seedsBudget, wholeBudget } from './plan.ts'

/** The result of a learning-rate range test of the model with one normalization. */
export interface RangeTest {
  readonly normalization: NormalizationType
  readonly rates: LearningRates
}

/** Settings to train with, the confidence in them, and the evidence. */
export interface Advice {
  readonly recommendation: Recommendation
  /**
   * - `high`: over three seeds or more, the recommended settings are significantly better than the second best
   * - `medium`: they led in the last two rounds, or over three seeds no other settings were shown to be worse
   * - `low`: neither, mostly since the budget is too small to tell
   */
  readonly confidence: 'high' | 'medium' | 'low'
  /** The reason for the confidence, and the budget that would raise it. */
  readonly because: string
  /** Observations, one sentence each. */
  readonly evidence: readonly string[]
  readonly ranges: readonly RangeTest[]
  readonly trials: readonly Finished[]
  readonly steps: { readonly spent: number; readonly budget: number }
}

/** Settings to change; only `score`, and empty `settings`, if the unchanged experiment did best. */
export interface Recommendation {
  readonly normalization?: NormalizationType
  /** The peak rate. */
  readonly lr?: number
  /** Name of the schedule, and its text for a run of this many steps. */
  readonly schedule?: { readonly name: string; readonly text: string; readonly steps: number }
  /** Steps over which the rate first rises. */
  readonly warmup?: number
  /** Weight decay by `driftWeightDecay`; absent where that rule does not apply, or did no better. */
  readonly weightDecay?: number
  readonly score: Estimate
  /** Changes as `path=value`, for `evenstep train --set`. */
  readonly settings: readonly string[]
}

/** What a race has found, for the advice to be drawn from. */
export interface Outcome {
  readonly experiment: Experiment
  readonly plan: Plan
  readonly budget: number
  readonly ranges: readonly RangeTest[]
  readonly finished: readonly Finished[]
  /** Trials of the last round, and its repeats with more seeds. */
  readonly finals: readonly Finished[]
  /** Optimizer steps of range tests and trials. */
  readonly spent: number
}

/** Draws the advice from the outcome of a race. */
export function adviceOf(outcome: Outcome): Advice {
  const { experiment, budget, ranges, finished, finals, spent } = outcome
  const metric = { name: experiment.monitor, goal: goalOf(experiment) }
  const [best, second] = mostSeedsFirst(finals, metric)
  return {
    recommendation: recommendationOf(experiment, best!),
    ...confidenceOf(outcome, best!, second, metric),
    evidence: evidenceOf(ranges, finished, metric),
    ranges,
    trials: finished,
    steps: { spent, budget },
  }
}

/** Returns the cells of trials: those with most seeds first, and of equally many seeds the best. */
const mostSeedsFirst = (trials: readonly Finished[], { name, goal }: Objective): Scored[] =>
  ranked(cellsOf(trials, name), goal).sort((a, b) => seedsOf(b) - seedsOf(a))

const seedsOf = ({ scores }: Scored): number => Object.keys(scores).length

function recommendationOf(experiment: Experiment, { settings, score }: Scored): Recommendation {
  if (isOwn(settings)) return { score, settings: [] }
  const { normalization, schedule, lr, 'optimizer.weightDecay': weightDecay } = settings
  const [name, peak, length] = [String(schedule), Number(lr), stepsWith(experiment)({})]
  const text = scheduleText(name, peak, length)
  const decays = typeof weightDecay === 'number'
  return {
    normalization: normalization as NormalizationType,
    lr: peak,
    schedule: { name, text, steps: length },
    warmup: warmupOf(parse(text), length),
    ...(decays && { weightDecay }),
    score,
    settings: [
      `normalization=${normalization}`,
      `optimizer.lr=${text}`,
      ...(decays ? [`optimizer.weightDecay=${weightDecay}`] : []),
    ],
  }
}

/** Whether settings are those of the unchanged experiment. */
const isOwn = (settings: Settings): boolean => Object.keys(settings).length === 0

const nameOf = (settings: Settings): string =>
  isOwn(settings) ? 'the experiment as it is' : settingsText(settings)

/** Returns the step of the highest rate. */
function warmupOf(schedule: Schedule, steps: number): number {
  let highest = 0
  for (let step = 1; step < steps; step++) if (schedule(step) > schedule(highest)) highest = step
  return highest
}

type Confidence = Pick<Advice, 'confidence' | 'because'>

function confidenceOf(
  outcome: Outcome,
  best: Scored,
  second: Scored | undefined,
  metric: Objective,
): Confidence {
  const { plan, experiment } = outcome
  const run = stepsWith(experiment)({})
  if (!plan.whole) {
    const because =
      `the budget is too small to tell: the longest trials had ${count(plan.rounds[2])} of a run's ` +
      `${count(run)} steps; trials as long as a run take --budget ${wholeBudget(run)}`
    return { confidence: 'low', because }
  }
  if (second && seedsOf(second) >= 3) return bySeeds(best, second, metric)
  const repeats = `three seeds of the two best take --budget ${seedsBudget(run, 3)}`
  if (!isOwn(best.settings)) return byRounds(outcome, best, metric, repeats)
  const because = `over ${seedsText(seedsOf(best))} no other settings did better; ${repeats}`
  return { confidence: 'low', because }
}

/** Judges the confidence by several seeds of the two best. */
function bySeeds(best: Scored, second: Scored, metric: Objective): Confidence {
  const [found] = compareCells(best, second, 'settings')
  const size = differenceText(Math.abs(found!.difference.value), metric.name)
  const over = `over ${seedsText(found!.seeds)}`
  const other = nameOf(second.settings)
  if (found!.p < 0.05) return { confidence: 'high', because: `${over} it is better than ${other} by ${size}` }
  const because = `${over} no difference was shown to ${other} (${size}): either will do`
  return { confidence: 'medium', because }
}

/** Judges the confidence by whether the best settings led the round before, too. */
function byRounds({ plan, finished }: Outcome, best: Scored, metric: Objective, repeats: string): Confidence {
  const [, middle, last] = plan.rounds
  const second = finished.filter(({ steps, rung }) => steps === middle && rung === 1)
  const [led] = mostSeedsFirst(second, metric)
  if (led && keyOf(led.settings) === keyOf(without(best.settings, ['optimizer.weightDecay']))) {
    const runs = `runs of ${count(middle)} and of ${count(last)} steps`
    return { confidence: 'medium', because: `it led in ${runs}, over one seed; ${repeats}` }
  }
  const before = led
    ? `${settingsText(led.settings)} led in runs of ${count(middle)} steps`
    : 'nothing led before'
  return { confidence: 'low', because: `the budget is too small to tell: ${before}; ${repeats}` }
}

const seedsText = (n: number): string => (n === 1 ? 'one seed' : `${n} seeds`)

function evidenceOf(
  ranges: readonly RangeTest[],
  finished: readonly Finished[],
  metric: Objective,
): string[] {
  const tested = ranges.map(
    ({ normalization, rates }) =>
      `A range test of ${count(rates.lrs.length)} steps with normalization ${normalization} suggests to begin ` +
      `at lr ${figure(rates.suggestion)}.`,
  )
  const own = finished.filter(({ settings }) => isOwn(settings))
  const raced = finished.filter(({ settings }) => !isOwn(settings))
  const by = (factor: string) => groupedBy(raced, ({ settings }) => String(settings[factor]))
  const compared = ['normalization', 'schedule', 'optimizer.weightDecay'].flatMap((factor) => {
    const best = [...by(factor).values()].flatMap((trials) => longest(trials, metric))
    return best.length < 2 ? [] : `${capital(best.map((cell) => cellText(cell, metric)).join('; '))}.`
  })
  const unchanged = longest(own, metric).map((cell) => `${capital(cellText(cell, metric))}.`)
  const broken = [...by('normalization')].flatMap(([name, trials]) => brokenFrom(name, trials))
  return [...tested, ...compared, ...unchanged, ...broken]
}

/** States the rate from which on every trial of a normalization diverged, if any. */
function brokenFrom(normalization: string, trials: readonly Finished[]): string[] {
  const rates = (status: string): number[] =>
    trials.filter(({ result }) => result.status === status).map(({ settings }) => Number(settings.lr))
  const highest = Math.max(0, ...rates('done'))
  const broken = rates('diverged').filter((lr) => lr > highest)
  if (broken.length === 0) return []
  const from = figure(Math.min(...broken))
  return [`With normalization ${normalization} rates from ${from} on made losses that are not finite.`]
}

/** Returns the best cell of the longest finished trials; none if all diverged. */
function longest(trials: readonly Finished[], metric: Objective): Scored[] {
  const done = trials.filter(({ result }) => result.status === 'done')
  const steps = Math.max(...done.map((trial) => trial.steps))
  const last = trials.filter((trial) => trial.steps === steps)
  return mostSeedsFirst(last, metric).slice(0, 1)
}

const cellText = ({ settings, score, steps }: Scored, { name }: Objective): string =>
  `${nameOf(settings)}: ${metricText(name)} ${scoreText(score.value, name)} after ${count(steps)} steps`
