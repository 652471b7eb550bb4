import { count, figure } from '../../core/text.ts'
import type { NormalizationType } from '../../nn/norm/normalization.ts'
import { type Experiment, goalOf } from '../../train/experiment.ts'
import type { LearningRates } from '../../train/find-lr.ts'
import { cellsOf, ranked, type Scored } from '../analysis/cells.ts'
import { compareCells } from '../analysis/comparisons.ts'
import type { Finished, Objective } from '../analysis/findings.ts'
import { firstSeedOf } from '../analysis/tested.ts'
import { capital, differenceText, metricText, scoreText, settingsText } from '../analysis/words.ts'
import { groupedBy, keyOf, without } from '../settings.ts'
import type { Settings } from '../trial.ts'
import { stepsWith } from '../trial-settings.ts'
import { type Plan, seedsBudget, wholeBudget } from './plan.ts'
import { isOwn, type Recommendation, recommendationOf } from './recommendation.ts'

/** Result of a learning-rate range test (training at rising rates) of the model with one normalization. */
export interface RangeTest {
  readonly normalization: NormalizationType
  readonly rates: LearningRates
  /** Lowest learning rate to try: the rate that the test suggests or, if its loss stays flat, a default. */
  readonly begin: number
}

/** The result of `advise`: settings to train with, the confidence in them, and the evidence for them. */
export interface Advice {
  readonly recommendation: Recommendation
  /**
   * Confidence that no other tried settings are better than the recommended ones:
   *
   * - `high`: with three seeds or more, the recommended settings beat the second best significantly
   * - `medium`: they were best in both of the last two rounds, or tie with the second best over three seeds
   * - `low`: neither holds, usually because the budget is too small to tell
   */
  readonly confidence: 'high' | 'medium' | 'low'
  /** A sentence with the reason for `confidence` and, unless that is `high`, the budget that would raise it. */
  readonly because: string
  /** Observations from range tests and trials, one sentence each. */
  readonly evidence: readonly string[]
  readonly ranges: readonly RangeTest[]
  readonly trials: readonly Finished[]
  readonly steps: { readonly spent: number; readonly budget: number }
}

/** Results of range tests and a race (rounds of ever fewer, ever longer trials), on which advice is based. */
export interface Outcome {
  readonly experiment: Experiment
  readonly plan: Plan
  readonly budget: number
  readonly ranges: readonly RangeTest[]
  readonly finished: readonly Finished[]
  /** Trials of the last round, including repeats with more seeds of the two best combinations of settings. */
  readonly finals: readonly Finished[]
  /** Optimizer steps taken by all range tests and trials together. */
  readonly spent: number
}

/** Returns the advice: the best settings of a race, the confidence that they are the best, and the evidence. */
export function adviceOf(outcome: Outcome): Advice {
  const { experiment, budget, ranges, finished, finals, spent } = outcome
  const metric = { name: experiment.monitor, goal: goalOf(experiment) }
  const [best, second] = mostSeedsFirst(finals, metric)
  return {
    recommendation: recommendationOf(experiment, best!, firstSeedOf(finals, best!).id),
    ...confidenceOf(outcome, best!, second, metric),
    evidence: evidenceOf(ranges, finished, metric),
    ranges,
    trials: finished,
    steps: { spent, budget },
  }
}

/** Groups trials by combination of settings; sorts the groups by number of seeds, then by mean score, best first. */
const mostSeedsFirst = (trials: readonly Finished[], { name, goal }: Objective): Scored[] =>
  ranked(cellsOf(trials, name), goal).sort((a, b) => seedsOf(b) - seedsOf(a))

const seedsOf = ({ scores }: Scored): number => Object.keys(scores).length

const nameOf = (settings: Settings): string =>
  isOwn(settings) ? 'the experiment as it is' : settingsText(settings)

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
  if (second && Math.min(seedsOf(best), seedsOf(second)) >= 3) return bySeeds(best, second, metric)
  const needed = seedsBudget(run, 3)
  const more = needed > outcome.budget ? `; three seeds of the two best take --budget ${needed}` : ''
  const repeats = second ? more : ', and no others finished in the last round'
  if (!isOwn(best.settings)) return byRounds(outcome, best, metric, repeats)
  const because = `over ${seedsText(seedsOf(best))} no other settings did better${repeats}`
  return { confidence: 'low', because }
}

/** Rates the confidence that the `best` settings beat the `second` best, comparing scores seed by seed. */
function bySeeds(best: Scored, second: Scored, metric: Objective): Confidence {
  const [found] = compareCells(best, second, 'settings')
  const size = differenceText(Math.abs(found!.difference.value), metric.name)
  const over = `over ${seedsText(found!.seeds)}`
  const other = nameOf(second.settings)
  if (found!.p < 0.05) return { confidence: 'high', because: `${over} it is better than ${other} by ${size}` }
  const because = `${over} no difference was shown to ${other} (${size}): either will do`
  return { confidence: 'medium', because }
}

/** Rates the confidence in the last round's best settings by whether they also led in the round before. */
function byRounds({ plan, finished }: Outcome, best: Scored, metric: Objective, repeats: string): Confidence {
  const [, middle, last] = plan.rounds
  const second = finished.filter(({ steps, rung }) => steps === middle && rung === 1)
  const [led] = mostSeedsFirst(second, metric)
  if (led && keyOf(led.settings) === keyOf(without(best.settings, ['optimizer.weightDecay']))) {
    const runs = `runs of ${count(middle)} and of ${count(last)} steps`
    return { confidence: 'medium', because: `it led in ${runs}, over ${seedsText(seedsOf(best))}${repeats}` }
  }
  const before = led
    ? `${settingsText(led.settings)} led in runs of ${count(middle)} steps`
    : 'nothing led before'
  return { confidence: 'low', because: `the budget is too small to tell: ${before}${repeats}` }
}

const seedsText = (n: number): string => (n === 1 ? 'one seed' : `${n} seeds`)

function evidenceOf(
  ranges: readonly RangeTest[],
  finished: readonly Finished[],
  metric: Objective,
): string[] {
  const tested = ranges.map(
    ({ normalization, rates, begin }) =>
      `A range test of ${count(rates.lrs.length)} steps with normalization ${normalization} ` +
      `${rates.flat ? 'is flat and suggests no rate; trials began' : 'suggests to begin'} at lr ${figure(begin)}.`,
  )
  const own = finished.filter(({ settings }) => isOwn(settings))
  const raced = finished.filter(({ settings }) => !isOwn(settings))
  const compared = ['normalization', 'schedule', 'optimizer.weightDecay'].flatMap((factor) => {
    const best = bestOfValues(raced, factor, metric)
    return best.length < 2 ? [] : `${capital(best.map((cell) => cellText(cell, metric)).join('; '))}.`
  })
  const unchanged = longest(own, metric).map((cell) => `${capital(cellText(cell, metric))}.`)
  const byName = groupedBy(raced, ({ settings }) => String(settings.normalization))
  const broken = [...byName].flatMap(([name, trials]) => brokenFrom(name, trials))
  return [...tested, ...compared, ...unchanged, ...broken]
}

/**
 * Returns, for each value of a factor (a varied setting), the best combination of settings with this value. All
 * scores are from the last round in which at least two values finished, over the seeds that these values share.
 * Empty if there is no such round.
 */
function bestOfValues(trials: readonly Finished[], factor: string, metric: Objective): Scored[] {
  const done = trials.filter(({ result }) => result.status === 'done')
  for (const round of [...new Set(done.map(({ rung }) => rung))].sort((a, b) => b - a)) {
    const within = done.filter(({ rung }) => rung === round)
    const groups = [...groupedBy(within, ({ settings }) => String(settings[factor])).values()]
    if (groups.length < 2) continue
    const seeds = new Set(within.map(({ seed }) => seed))
    const shared = [...seeds].filter((seed) =>
      groups.every((group) => group.some((one) => one.seed === seed)),
    )
    return groups.flatMap((group) =>
      mostSeedsFirst(
        group.filter(({ seed }) => shared.includes(seed)),
        metric,
      ).slice(0, 1),
    )
  }
  return []
}

/** Returns, as a list of one, a sentence on the rate from which on all trials of a normalization diverged; or []. */
function brokenFrom(normalization: string, trials: readonly Finished[]): string[] {
  const rates = (status: string): number[] =>
    trials.filter(({ result }) => result.status === status).map(({ settings }) => Number(settings.lr))
  const highest = Math.max(0, ...rates('done'))
  const broken = rates('diverged').filter((lr) => lr > highest)
  if (broken.length === 0) return []
  const from = figure(Math.min(...broken))
  return [`With normalization ${normalization} rates from ${from} on diverged.`]
}

/** Returns, as a list of one, the best settings among the longest finished trials; [] if none finished. */
function longest(trials: readonly Finished[], metric: Objective): Scored[] {
  const steps = Math.max(...trials.filter(({ result }) => result.status === 'done').map(({ steps }) => steps))
  const last = trials.filter((trial) => trial.steps === steps)
  return mostSeedsFirst(last, metric).slice(0, 1)
}

function cellText(cell: Scored, { name }: Objective): string {
  const { settings, score, steps } = cell
  const over = seedsOf(cell) > 1 ? `, over ${seedsText(seedsOf(cell))}` : ''
  return `${nameOf(settings)}: ${metricText(name)} ${scoreText(score.value, name)} after ${count(steps)} steps${over}`
}
