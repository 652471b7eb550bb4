import type { StepCount } from '../length.ts'
import type { ScheduleSpec, SpecValue } from '../schedule.ts'

/**
 * Short text form of a type of schedule, such as `cosine 0.1 to 0 over 100`: words, each before a number. The
 * word `over` and its number may be left out: the schedule then fills the rest of the run.
 */
export interface Phrase {
  /** First word of the phrase, which names the type of schedule, such as 'cosine'. */
  readonly head: string
  /**
   * Names of the fields that the numbers set: of the first, which follows the head; then each further word with the field
   * of the number after it.
   */
  readonly fields: readonly [first: string, ...rest: (readonly [word: string, field: string])[]]
  toSpec(fields: Readonly<Record<string, StepCount>>): ScheduleSpec
  /** Returns the phrase's numbers by field for a spec; undefined if the phrase cannot express the spec. */
  fromSpec(spec: ScheduleSpec): Readonly<Record<string, SpecValue>> | undefined
}

export const phrases: readonly Phrase[] = [
  plain('constant', 'constant', ['value']),
  plain('cosine', 'cosineAnnealing', ['initial', ['to', 'etaMin'], ['over', 'tMax']]),
  plain('polynomial', 'polynomial', [
    'initial',
    ['to', 'endValue'],
    ['over', 'totalIters'],
    ['power', 'power'],
  ]),
  plain('rex', 'rex', ['initial', ['to', 'etaMin'], ['over', 'totalSteps']]),
  plain('step', 'step', ['initial', ['times', 'gamma'], ['every', 'stepSize']]),
  plain('exponential', 'exponential', ['initial', ['times', 'gamma'], ['every', 'decaySteps']]),
  plain('oneCycle', 'oneCycle', ['maxLr', ['over', 'totalSteps']]),
  {
    head: 'linear',
    fields: ['from', ['to', 'to'], ['over', 'steps']],
    toSpec({ from, to = 0, steps }) {
      return { type: 'piecewiseLinear', points: [[0, from] as SpecValue[], [steps, to] as SpecValue[]] }
    },
    fromSpec({ type, points }) {
      if (type !== 'piecewiseLinear' || !Array.isArray(points) || points.length !== 2) return undefined
      const [[start, from], [steps, to]] = points as [[StepCount, number], [StepCount, number]]
      return start === 0 ? { from, to, steps } : undefined
    },
  },
]

/** Returns the phrase of a type of schedule whose spec contains each number under the same field name. */
function plain(head: string, type: string, fields: Phrase['fields']): Phrase {
  return {
    head,
    fields,
    toSpec: (values) => ({ type, ...values }),
    fromSpec: (spec) => (spec.type === type ? spec : undefined),
  }
}
