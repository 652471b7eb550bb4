import type { ScheduleSpec, SpecValue } from '../schedule.ts'

/** Short text for one type of schedule, `cosine 0.1 to 0 over 100`: a head, and a word before each field. */
export interface Phrase {
  /** The first word. */
  readonly head: string
  /** Field of the number after the head, then each word and its field, in the order of printing. */
  readonly fields: readonly [first: string, ...rest: (readonly [word: string, field: string])[]]
  /** A word that must be present, where the type has no such required field. */
  readonly needs?: string
  toSpec(fields: Readonly<Record<string, number>>): ScheduleSpec
  /** Returns the fields of a spec, if it has the phrase's type; `format` checks that nothing is lost. */
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

/** Returns a phrase whose numbers are fields of the type. */
function plain(head: string, type: string, fields: Phrase['fields']): Phrase {
  return {
    head,
    fields,
    toSpec: (values) => ({ type, ...values }),
    fromSpec: (spec) => (spec.type === type ? spec : undefined),
  }
}
