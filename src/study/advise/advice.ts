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
import { keyOf, without } from '../settings.ts'
import type { Settings } from '../trial.ts'
import { stepsWith } from '../trial-settings.ts'
import { type Plan, seedsBudget, wholeBudget } from './plan.ts'

/** A range test of the model with one normalization. */
export interface RangeTest {
  readonly normalization: NormalizationType
  readonly rates: LearningRates
}

/** The settings to train with, why, and with what confidence. */
export interface Advice {
  readonly recommendation: Recommendation
  /**
   * - `high`: over three seeds or more, the recommended settings are significantly better than the second best
   * - `medium`: they led in both last rounds, in full runs
   * - `low`: neither; the budget is too small to tell, as `because` says
   */
  readonly confidence: 'high' | 'medium' | 'low'
  /** One sentence on the confidence, and what would raise it. */
  readonly because: string
  /** The observations, one sentence each. */
  readonly evidence: readonly string[]
  readonly ranges: readonly RangeTest[]
  readonly trials: readonly Finished[]
  readonly steps: { readonly spent: number; readonly budget: number }
}

/** The settings to change; none if the experiment did best unchanged. */
export interface Recommendation {
  readonly normalization?: NormalizationType
  /** The peak rate. */
  readonly lr?: number
  /** The schedule's name, and its text for a run of this length. */
  readonly schedule?: { readonly name: string; readonly text: string; readonly steps: number }
  /** Steps over which the rate first rises. */
  readonly warmup?: number
  /** By the rule of the drift angle; absent where the rule does not apply, or did no better. */
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
  /** The trials of the last round, with its repeats. */
  readonly finals: readonly Finished[]
  readonly spent: number
}

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

/** The cells of trials, those with most seeds first, and the best first among equals. */
const mostSeedsFirst = (trials: readonly Finished[], { name, goal }: Objective): Scored[] =>
  ranked(cellsOf(trials, name), goal).sort((a, b) => seedsOf(b) - seedsOf(a))

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

/** Whether a trial was that of the unchanged experiment. */
const isOwn = (settings: Settings): boolean => Object.keys(settings).length === 0

const nameOf = (settings: Settings): string =>
  isOwn(settings) ? 'the experiment as it is' : settingsText(settings)

/** The step of the peak rate. */
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

/** The confidence after several seeds of the two best. */
function bySeeds(best: Scored, second: Scored, metric: Objective): Confidence {
  const [found] = compareCells(best, second, 'settings')
  const size = differenceText(Math.abs(found!.difference.value), metric.name)
  const over = `over ${seedsText(found!.seeds)}`
  const other = nameOf(second.settings)
  if (found!.p < 0.05) return { confidence: 'high', because: `${over} it is better than ${other} by ${size}` }
  const because = `${over} no difference was shown to ${other} (${size}): either will do`
  return { confidence: 'medium', because }
}

/** The confidence from whether the best also led the round before. */
function byRounds({ plan, finished }: Outcome, best: Scored, metric: Objective, repeats: string): Confidence {
  const [, middle, last] = plan.rounds
  const before = finished.filter(({ steps, rung }) => steps === middle && rung === 1)
  const [led] = mostSeedsFirst(before, metric)
  if (led && keyOf(led.settings) === keyOf(without(best.settings, ['optimizer.weightDecay']))) {
    const runs = `runs of ${count(middle)} and of ${count(last)} steps`
    return { confidence: 'medium', because: `it led in ${runs}, over one seed; ${repeats}` }
  }
  const leader = led
    ? `${settingsText(led.settings)} led in runs of ${count(middle)} steps`
    : 'nothing led before'
  return { confidence: 'low', because: `the budget is too small to tell: ${leader}; ${repeats}` }
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
  const unchanged = longest(own, metric).map((cell) => `${capital(cellText(cell, metric))}.`)
  const broken = values('normalization').flatMap((value) => brokenFrom(value, raced))
  return [...tested, ...compared, ...unchanged, ...broken]
}

/** The rate from which on every trial of a normalization diverged, if any. */
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
function longest(trials: readonly Finished[], metric: Objective): Scored[] {
  const done = trials.filter(({ result }) => result.status === 'done')
  const steps = Math.max(...done.map((trial) => trial.steps))
  const last = trials.filter((trial) => trial.steps === steps)
  return mostSeedsFirst(last, metric).slice(0, 1)
}

const cellText = ({ settings, score, steps }: Scored, { name }: Objective): string =>
  `${nameOf(settings)}: ${metricText(name)} ${scoreText(score.value, name)} after ${count(steps)} steps`
