import { sizeOf } from '../../core/shape.ts'
import { type Dataset, hasLabels } from '../../data/dataset.ts'
import type { Sources } from '../../data/stream.ts'
import { adam } from '../../optim/rules/adam.ts'
import type { Look } from './look.ts'

/** A layer of a model as JSON: its name and arguments. */
export type DraftLayer = readonly [name: string, ...arguments: unknown[]]

/** An experiment as JSON, with the keys that `evenstep init` writes. */
export interface Draft {
  readonly data: Readonly<Record<string, unknown>>
  readonly model: readonly DraftLayer[]
  readonly loss: string
  readonly optimizer: { readonly type: string; readonly lr: string }
  readonly metrics?: Readonly<Record<string, string>>
  readonly batchSize: number
  readonly epochs: number
  readonly seed: number
}

/** Returns the schedule of a draft: one cycle that rises to the rate `lr` and falls to almost 0. */
export const cycle = (lr: number): string => `oneCycle ${lr}`

/**
 * Returns an experiment for data that were read as `look` says: a network with batch normalization, sized by the data.
 *
 * - A batch has about twice as many examples as the square root of their number, from 16 to 256, if there are so many.
 * - Numbers are predicted after 3000 steps, but at most 300 epochs; classes after 300 steps; both after 25 epochs or more.
 * - With fewer than 5000 examples of classes, a strong dropout keeps the network from becoming too sure. It follows the
 *   last batch normalization, whose statistics it would otherwise change in training only.
 * - Weights do not decay: in runs so short, a decay that does no harm does not take effect either.
 */
export function draftOf({ spec, kind }: Look, { train }: Sources, seed: number): Draft {
  const part = train as Dataset
  const isClass = hasLabels(part)
  const outputs = isClass ? part.classes! : sizeOf(part.y.shape) || 1
  const wanted = 2 ** Math.min(8, Math.max(4, Math.round(Math.log2(2 * Math.sqrt(part.length)))))
  const batchSize = Math.min(wanted, part.length)
  const perEpoch = Math.max(1, Math.floor(part.length / batchSize))
  const epochs = Math.max(25, Math.min(300, rounded((isClass ? 300 : 3000) / perEpoch)))
  return {
    data: spec,
    model: [
      ...(kind === 'images' ? convolutions(part) : dense(part, kind === 'table')),
      ...head(kind === 'images' ? widest(part) : widthFor(part), outputs, isClass),
    ],
    loss: isClass ? 'crossEntropy' : 'mseLoss',
    optimizer: { type: adam.rule.type, lr: cycle(0.01) },
    ...(!isClass && { metrics: { rmse: 'rmse', r2: 'r2' } }),
    batchSize,
    epochs,
    seed,
  }
}

/** Rounds to one significant digit, or to a multiple of 5 below 100. */
const rounded = (epochs: number): number =>
  epochs < 100 ? Math.ceil(epochs / 5) * 5 : Math.ceil(epochs / 50) * 50

const isSmall = ({ length }: Dataset): boolean => length < 5000

const widthFor = (part: Dataset): number => (isSmall(part) && !hasLabels(part) ? 128 : 256)

function dense(part: Dataset, isTable: boolean): DraftLayer[] {
  const width = widthFor(part)
  const { shape } = part.x
  const first: DraftLayer[] = isTable ? [['TabularInput']] : shape.length > 1 ? [['Flatten']] : []
  const block = (inputs: number | string): DraftLayer[] => [
    ['Linear', inputs, width, { bias: false }],
    ['BatchNorm1d', width],
    ['ReLU'],
  ]
  const last: DraftLayer[] = isSmall(part) && hasLabels(part) ? [['Dropout', 0.8]] : []
  return [...first, ...block(isTable ? 'features' : sizeOf(shape)), ...block(width), ...last]
}

const head = (width: number, outputs: number, isClass: boolean): DraftLayer[] => [
  ['Linear', width, outputs],
  ...(isClass ? [] : [['Denormalize'] as const]),
]

/** Channels of each block of a convolutional network: blocks halve the image until it is at most 7 pixels high. */
function channelsFor({ x: { shape } }: Dataset): number[] {
  const side = Math.min(...shape.slice(1))
  const blocks = Math.max(1, Math.min(4, Math.ceil(Math.log2(side / 7))))
  return Array.from({ length: blocks }, (_, i) => 32 * 2 ** Math.min(i, 2))
}

const widest = (part: Dataset): number => channelsFor(part).at(-1)!

function convolutions(part: Dataset): DraftLayer[] {
  const channels = channelsFor(part)
  const layers = channels.flatMap((outputs, i): DraftLayer[] => [
    ['Conv2d', i === 0 ? part.x.shape[0] : channels[i - 1], outputs, 3, { padding: 1, bias: false }],
    ['BatchNorm2d', outputs],
    ['ReLU'],
    ['MaxPool2d', 2],
  ])
  return [...layers, ['AdaptiveAvgPool2d', 1], ['Flatten']]
}
