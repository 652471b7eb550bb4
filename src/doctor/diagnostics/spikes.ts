import { maxOf, meanOf, medianOf } from '../../core/vector.ts'
import { type Diagnostic, short } from '../diagnosis.ts'
import type { Subject } from '../subject.ts'

/** Parts into which the steps of a log are divided. */
const parts = 200
/** Preceding parts with which a part is compared. */
const before = 10

/** A part of a run whose loss is far above those before. */
export interface Spike {
  /** First step of the part. */
  readonly step: number
  /** Its loss relative to the median of the preceding parts. */
  readonly height: number
}

/**
 * Finds where the loss of a run jumps but the learning rate does not: parts whose mean is above twice the
 * median of the ten preceding parts, and above it by six of their median deviations. Adjacent parts are one
 * spike.
 *
 * @param size steps per part
 */
export function spikesOf(
  losses: ArrayLike<number>,
  rates: ArrayLike<number>,
  size: number,
): readonly Spike[] {
  const count = Math.floor(losses.length / size)
  const level = (all: ArrayLike<number>): number[] => {
    const list = Array.from(all)
    return Array.from({ length: count }, (_, i) => meanOf(list.slice(i * size, (i + 1) * size)))
  }
  const [loss, rate] = [level(losses), level(rates)]
  const spikes: Spike[] = []
  let last = Number.NEGATIVE_INFINITY
  for (let i = before; i < count; i++) {
    const past = loss.slice(i - before, i)
    const base = medianOf(past)
    const spread = medianOf(past.map((x) => Math.abs(x - base)))
    const restarted = rate[i]! > 1.5 * medianOf(rate.slice(i - before, i))
    if (!(loss[i]! > 2 * base && loss[i]! > base + 6 * spread) || restarted) continue
    if (i - last > 2) spikes.push({ step: i * size, height: loss[i]! / base })
    last = i
  }
  return spikes
}

/** D20: repeated breakdowns of training. */
export const spikes: Diagnostic = {
  id: 'D20',
  title: 'spikes of the training loss',
  quantity:
    'how often the mean loss of a 200th of the run is above twice the median of the ten before, at no higher rate; and its period',
  threshold: 'note at one, warning at two or more',
  remedy: 'with BN and weight decay: norms fall and effective rates rise until training breaks; lower λ or η',
  source: 'Lobacheva et al. 2021, https://arxiv.org/abs/2106.15739; the rule is ours',
  async examine(subject) {
    const { log, rates, steps } = subject
    if (!log) return { reason: 'there is no log of the losses' }
    const size = Math.max(leastSize(subject), Math.floor(steps / parts))
    if (steps < 2 * before * size) {
      return { reason: `${steps} steps are too few to see spikes in; ${2 * before * size} are enough` }
    }
    const found = spikesOf(log.losses, rates, size)
    const highest = found.reduce<Spike | undefined>((a, b) => (a && a.height >= b.height ? a : b), undefined)
    const gaps = found.slice(1).map(({ step }, i) => step - found[i]!.step)
    const values = {
      spikes: found.length,
      ...(highest && { highest: highest.height, at: highest.step }),
      ...(gaps.length > 0 && { period: meanOf(gaps) }),
    }
    if (!highest) {
      return { severity: 'ok', value: 0, values, advice: `the loss never jumped in ${steps} steps` }
    }
    const rise = effectiveRise(subject, highest.step)
    const times = `the loss jumped ${found.length === 1 ? 'once' : `${found.length} times`}, to ${short(highest.height)} times what it was at step ${highest.step}`
    const period = gaps.length > 1 ? `, about every ${short(meanOf(gaps))} steps` : ''
    return {
      severity: found.length > 1 ? 'warning' : 'note',
      value: found.length,
      values: { ...values, ...(rise !== undefined && { effectiveRise: rise }) },
      advice: `${times}${period}; ${cause(rise)}`,
    }
  },
}

/** What the growth of the effective rate says about a spike. */
function cause(rise: number | undefined): string {
  if (rise === undefined) return 'log { batchNorm: true } to see whether the effective rate rises before'
  if (rise <= 1.05) return 'the effective rate did not rise before'
  return `the effective rate rose ${short(rise)} times in the tenth of the run before: norms shrink under weight decay until training breaks; lower λ`
}

/** Least steps per part: losses of single batches are noise, unless a batch is all of the data. */
const leastSize = ({ examples, experiment }: Subject): number =>
  examples < experiment.data.train.length ? 8 : 1

/** Growth of the logged effective rate in the tenth of the run before a step; the greatest over the layers. */
function effectiveRise({ log, steps }: Subject, step: number): number | undefined {
  const logged = Object.entries(log?.logs ?? {}).filter(([name]) => name.endsWith('effectiveRate'))
  if (logged.length === 0) return undefined
  const since = Math.max(0, step - Math.floor(steps / 10))
  return maxOf(logged.map(([, all]) => all[Math.max(0, step - 1)]! / all[since]!))
}
