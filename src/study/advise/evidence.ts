import { count, counted, figure } from '../../core/text.ts'
import { cellsOf, ranked, type Scored } from '../analysis/cells.ts'
import type { Finished, Objective } from '../analysis/findings.ts'
import { capital, metricText, scoreText } from '../analysis/words.ts'
import { groupedBy } from '../settings.ts'
import type { Bottleneck } from './bottleneck.ts'
import { advisedText, isOwn } from './recommendation.ts'

/** Returns observations from trials, one sentence each. */
export function evidenceOf(
  finished: readonly Finished[],
  metric: Objective,
  bottleneck: Bottleneck | undefined,
): string[] {
  const raced = finished.filter(({ settings, rung }) => rung < 2 && !isOwn(settings))
  const compared = ['normalization', 'schedule', 'optimizer.weightDecay'].flatMap((factor) => {
    const best = bestOfValues(raced, factor, metric)
    return best.length < 2 ? [] : `${capital(best.map((cell) => cellText(cell, metric)).join('; '))}.`
  })
  const own = finished.filter(({ settings, rung }) => rung === 1 && isOwn(settings))
  const unchanged = mostSeedsFirst(own, metric).map((cell) => `${capital(cellText(cell, metric))}.`)
  const byName = groupedBy(raced, ({ settings }) => String(settings.normalization))
  const broken = [...byName].flatMap(([name, trials]) => brokenFrom(name, trials))
  return [...compared, ...unchanged, ...broken, ...(bottleneck ? [bottleneckText(bottleneck)] : [])]
}

const bottleneckText = ({ batchSize, tried, ratio }: Bottleneck): string =>
  `The batch size is the bottleneck: batches of ${tried} instead of ${batchSize}, on as many examples in all and at ` +
  `twice the rate, multiply the loss by ${figure(ratio)}.`

/** Groups trials by combination of settings; sorts the groups by number of seeds, then by mean score, best first. */
const mostSeedsFirst = (trials: readonly Finished[], { name, goal }: Objective): Scored[] =>
  ranked(cellsOf(trials, name), goal).sort((a, b) => seedsOf(b) - seedsOf(a))

const seedsOf = ({ scores }: Scored): number => Object.keys(scores).length

/**
 * Returns, for each value of a factor (a varied setting), the best combination of settings with this value, in whole
 * trials or, if they tried only one value, in short ones. All scores are over the seeds that these values share. Empty
 * if neither compare values.
 */
function bestOfValues(trials: readonly Finished[], factor: string, metric: Objective): Scored[] {
  const done = trials.filter(({ result }) => result.status === 'done')
  for (const rung of [1, 0]) {
    const within = done.filter((trial) => trial.rung === rung)
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

function cellText(cell: Scored, { name }: Objective): string {
  const { settings, score, steps } = cell
  const over = seedsOf(cell) > 1 ? `, over ${counted(seedsOf(cell), 'seed')}` : ''
  return `${advisedText(settings)}: ${metricText(name)} ${scoreText(score.value, name)} after ${count(steps)} steps${over}`
}
