import { figure } from '../../core/text.ts'
import { maxOf, meanOf, medianOf } from '../../core/vector.ts'
import { advised, decayDividedBy } from '../advised.ts'
import type { Diagnostic } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Number of preceding segments (groups of successive steps) with which a segment is compared. */
const preceding = 10

interface Spike {
  /** First step of the segment (group of successive steps) in which the loss is unusually high. */
  readonly step: number
  /** Mean loss of the segment divided by the median of the ten preceding segments' mean losses. */
  readonly height: number
}

/**
 * Finds spikes: segments of `size` steps whose mean loss exceeds 2 m and m + 6 d, where m is the median of the ten
 * preceding segments' mean losses, and d the median absolute deviation of these losses. A rise that coincides with a
 * rise of the learning rate is no spike; nearby spikes count as one.
 */
function spikesOf(losses: ArrayLike<number>, rates: ArrayLike<number>, size: number): readonly Spike[] {
  const count = Math.floor(losses.length / size)
  const means = (values: ArrayLike<number>): number[] => {
    const list = Array.from(values)
    return Array.from({ length: count }, (_, i) => meanOf(list.slice(i * size, (i + 1) * size)))
  }
  const [loss, rate] = [means(losses), means(rates)]
  const spikes: Spike[] = []
  let last = Number.NEGATIVE_INFINITY
  for (let i = preceding; i < count; i++) {
    const past = loss.slice(i - preceding, i)
    const base = medianOf(past)
    const spread = medianOf(past.map((x) => Math.abs(x - base)))
    const restarted = rate[i]! > 1.5 * medianOf(rate.slice(i - preceding, i))
    if (!(loss[i]! > 2 * base && loss[i]! > base + 6 * spread) || restarted) continue
    if (i - last > 2) spikes.push({ step: i * size, height: loss[i]! / base })
    last = i
  }
  return spikes
}

/** Diagnostic D20: spikes (sudden short rises) of the training loss. */
export const spikes: Diagnostic = {
  id: 'D20',
  title: 'spikes of the training loss',
  quantity:
    'number of segments (200ths of the run) whose mean loss is above twice the median of the ten before, at no higher rate; and their period',
  threshold: 'note at one, warning at two or more',
  remedy: 'if effective rates rise before, since norms shrink under weight decay: divide λ by 10',
  source: 'Lobacheva et al. 2021, https://arxiv.org/abs/2106.15739; the rule is ours',
  async examine(subject) {
    const { log, rates, steps } = subject
    if (!log) return { reason: 'there is no log of the losses' }
    const size = Math.max(leastSize(subject), Math.floor(steps / 200))
    const enough = 2 * preceding * size
    if (steps < enough) return { reason: `${steps} steps are too few to see spikes in; ${enough} are enough` }
    const found = spikesOf(log.losses, rates, size)
    if (found.length === 0) {
      const advice = `the loss never jumped in ${steps} steps`
      return { severity: 'ok', value: 0, values: { spikes: 0 }, advice }
    }
    const { step: at, height: highest } = found.reduce((a, b) => (a.height >= b.height ? a : b))
    const gaps = found.slice(1).map(({ step }, i) => step - found[i]!.step)
    const period = gaps.length > 0 && { period: meanOf(gaps) }
    const effectiveRise = riseBefore(subject, at)
    const times = found.length === 1 ? 'once' : `${found.length} times`
    const every = gaps.length > 1 ? `, about every ${figure(meanOf(gaps))} steps` : ''
    return {
      severity: found.length > 1 ? 'warning' : 'note',
      value: found.length,
      values: {
        spikes: found.length,
        highest,
        at,
        ...period,
        ...(effectiveRise !== undefined && { effectiveRise }),
      },
      ...advised(
        `the loss jumped ${times}${every}, to ${figure(highest)} times its previous level at step ${at}; ${cause(effectiveRise)}`,
        shrinks(effectiveRise) && decays(subject, at) ? decayDividedBy(10) : undefined,
      ),
    }
  },
}

/** Returns an explanation of a loss spike. @param rise factor by which the effective rate rose before the spike */
function cause(rise: number | undefined): string {
  if (rise === undefined) return 'log: { batchNorm: true } would show whether the effective rate rises first'
  if (!shrinks(rise)) return 'the effective rate did not rise before'
  return `the effective rate rose ${figure(rise)} times in the tenth of the run before, as norms shrink under weight decay until training breaks`
}

const decays = (subject: Subject, step: number): boolean =>
  [...subject.trained.keys()].some((name) => subject.rule(name).weightDecay(step) > 0)

/** Whether the effective rate rose by more than 5 %, which exceeds its noise, as when weights before BN shrink. */
const shrinks = (rise: number | undefined): boolean => rise !== undefined && rise > 1.05

/** Returns the minimum steps of a segment: 8, to average out batch noise; 1 if each batch is the whole data set. */
const leastSize = ({ examples, experiment }: Subject): number =>
  examples < experiment.data.train.length ? 8 : 1

/**
 * Returns the factor, maximum over layers, by which effective learning rates rose in the steps before `step`; undefined
 * if none were logged.
 */
function riseBefore({ log, steps }: Subject, step: number): number | undefined {
  const logged = Object.entries(log?.logs ?? {}).filter(([name]) => name.endsWith('effectiveRate'))
  if (logged.length === 0) return undefined
  const since = Math.max(0, step - Math.floor(steps / 10))
  return maxOf(logged.map(([, all]) => all[Math.max(0, step - 1)]! / all[since]!))
}
