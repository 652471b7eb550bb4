import type { ScheduleSpec, SpecValue } from '../schedule.ts'

/** A short way to write one type of schedule: `cosine 0.1 to 0 over 100`. The words give fields, in this order. */
export interface Phrase {
  readonly head: string
  /** The field that the number after the head gives, then each word and its field. */
  readonly fields: readonly [first: string, ...rest: (readonly [word: string, field: string])[]]
  /** A word that may not be left out. A type says itself which of its own fields it needs. */
  readonly needs?: string
  toSpec(fields: Readonly<Record<string, number>>): ScheduleSpec
  /** The numbers that say this spec, as far as they can: the printer checks that they say all of it. */
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
    needs: 'over',
    toSpec({ from, to = 0, steps }) {
      return { type: 'piecewiseLinear', points: [[0, from] as SpecValue[], [steps, to] as SpecValue[]] }
    },
    fromSpec({ type, points }) {
      if (type !== 'piecewiseLinear' || !Array.isArray(points) || points.length !== 2) return undefined
      const [[start, from], [steps, to]] = points as [[number, number], [number, number]]
      return start === 0 ? { from, to, steps } : undefined
    },
  },
]

/** A phrase whose fields are the type's own. */
function plain(head: string, type: string, fields: Phrase['fields']): Phrase {
  return {
    head,
    fields,
    toSpec: (values) => ({ type, ...values }),
    fromSpec: (spec) => (spec.type === type ? spec : undefined),
  }
}
