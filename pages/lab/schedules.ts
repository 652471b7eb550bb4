import { schedule } from 'evenstep'
import type { Change, Net } from './setting.ts'

/** Learning rates and weight decay of a net over a run. */
export interface Schedules {
  /** Learning rate of the hidden layers' weights. */
  readonly hidden: schedule.Schedule
  /** Learning rate of all other weights: the same object, if it is the same. */
  readonly other: schedule.Schedule
  readonly weightDecay: number | schedule.Schedule
}

type Sized = Change & { readonly kind: 'rate' }

/** Returns the schedules of a net for a run of `steps` steps. @throws {ArgumentError} when its text is none. */
export function schedulesOf(net: Net, steps: number): Schedules {
  const other = rateOf(net, steps)
  const rate = scaledBy(other, net.hiddenRate)
  const end = net.changes.find(({ kind }) => kind === 'noDecay' || kind === 'decayFree')
  const { momentum, weightDecay } = net
  if (end === undefined || weightDecay === 0) return { hidden: rate, other, weightDecay }
  const { step, kind } = end
  const decay = step === 0 ? 0 : schedule.piecewiseConstant([weightDecay, 0], { milestones: [step] })
  if (kind === 'noDecay') return { hidden: rate, other, weightDecay: decay }
  const rest = step === 0 ? rate : schedule.shifted(rate, { steps: -step })
  const free = schedule.toWeightDecayFree(rest, { weightDecay, momentum })
  const hidden = step === 0 ? free : schedule.sequential([rate, free], { milestones: [step] })
  return { hidden, other, weightDecay: decay }
}

/** Returns the rate of a net, with the changes that were made to it. */
function rateOf({ rate, shape, changes }: Net, steps: number): schedule.Schedule {
  const planned = schedule.over(scaledBy(schedule.parse(shape), rate), steps)
  const factors = new Map<number, number>()
  let factor = 1
  for (const change of changes.filter(isRate)) {
    factor *= change.factor
    factors.set(change.step, factor)
  }
  const first = factors.get(0) ?? 1
  factors.delete(0)
  const whole = scaledBy(planned, first)
  if (factors.size === 0) return whole
  const values = [1, ...[...factors.values()].map((value) => value / first)]
  return schedule.chained([whole, schedule.piecewiseConstant(values, { milestones: [...factors.keys()] })])
}

const isRate = (change: Change): change is Sized => change.kind === 'rate'

const scaledBy = (given: schedule.Schedule, factor: number): schedule.Schedule =>
  factor === 1 ? given : schedule.scaled(given, { factor })
