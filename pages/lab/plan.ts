import { schedule } from 'evenstep'
import { dataSets } from './data-sets.ts'
import { schedulesOf } from './schedules.ts'
import type { Net, Setting } from './setting.ts'

// What a net is and how it is trained, as plain data: `experiment.ts` makes an experiment of it, and `program.ts` the
// text of one.

/** A layer: the name of its class in `nn`, and the arguments of its constructor. */
export interface LayerPlan {
  readonly type: 'Linear' | 'BatchNorm1d' | 'LayerNorm' | 'Identity' | 'ReLU'
  readonly args: readonly (number | Readonly<Record<string, unknown>>)[]
  /** Factor of its initial weights; absent for 1. */
  readonly scale?: number
}

/** Options of `optim.sgd`, with schedules as text. */
export interface OptimizerPlan {
  readonly lr: string
  readonly momentum: number
  readonly weightDecay: number | string
  readonly groups: readonly Readonly<Record<string, number | string>>[]
}

/** Returns the layers of a net. */
export function layersOf(net: Net, data: string): LayerPlan[] {
  const { inputs, classes } = dataSets[data]!
  const { depth, width, scale } = net
  const hidden = Array.from({ length: depth }, (_, i): LayerPlan[] => [
    linear(i === 0 ? inputs : width, width, net, scale),
    normalization(net),
    { type: 'ReLU', args: [] },
  ])
  return [...hidden.flat(), { type: 'Linear', args: [width, classes.length] }]
}

/** Places of a net's hidden layers, of their normalizations, and of the output layer among its layers. */
export const hiddenPlaces = ({ depth }: Pick<Net, 'depth'>): number[] =>
  Array.from({ length: depth }, (_, i) => 3 * i)
const normPlaces = (net: Net): number[] => hiddenPlaces(net).map((place) => place + 1)
const outputPlace = ({ depth }: Net): number => 3 * depth

/** A bias is redundant before batch normalization. */
const linear = (from: number, to: number, net: Net, scale: number): LayerPlan => ({
  type: 'Linear',
  args: net.normalization === 'batch' ? [from, to, { bias: false }] : [from, to],
  ...(scale !== 1 && { scale }),
})

function normalization({ normalization, width, statistics }: Net): LayerPlan {
  if (normalization === 'none') return { type: 'Identity', args: [] } // so that other layers keep their names
  if (normalization === 'layer') return { type: 'LayerNorm', args: [width] }
  return { type: 'BatchNorm1d', args: statistics === 0.1 ? [width] : [width, { momentum: statistics }] }
}

/** The output layer keeps its decay if that of the hidden layers became a rate. */
const outputDecay = ({ changes, weightDecay }: Net, now: number | schedule.Schedule): number | string =>
  changes.some(({ kind }) => kind === 'decayFree') ? weightDecay : textOr(now)

const textOr = (value: number | schedule.Schedule): number | string =>
  typeof value === 'number' ? value : schedule.format(value)

/**
 * Returns the optimizer of a net. Weight decay is that of matrices. Groups stand for what changes: the scales and shifts
 * of frozen normalizations, and the rates of weights that have no normalization after them.
 */
export function optimizerOf(net: Net, { steps }: Pick<Setting, 'steps'>): OptimizerPlan {
  const { hidden, other, weightDecay } = schedulesOf(net, steps)
  const frozen = net.changes.find(({ kind }) => kind === 'freeze')
  const own = hidden === other ? {} : { lr: schedule.format(other) }
  return {
    lr: schedule.format(hidden),
    momentum: net.momentum,
    weightDecay: textOr(weightDecay),
    groups: [
      ...(frozen && frozen.step > 0
        ? [{ match: `^(${normPlaces(net).join('|')})\\.`, maxRank: 1, until: frozen.step }]
        : []),
      { maxRank: 1, weightDecay: 0, ...own },
      ...(hidden === other
        ? []
        : [{ match: `^${outputPlace(net)}\\.weight$`, weightDecay: outputDecay(net, weightDecay), ...own }]),
    ],
  }
}
