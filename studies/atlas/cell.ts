import type { data, nn } from 'evenstep'

/** A field and a kind of network: a cell of the atlas. */
export interface Cell {
  /** `FIELD-KIND`, as in `vision-mlp`; the name of its file and of its results. */
  readonly id: string
  readonly field: Field
  readonly kind: Kind
  /** The data: what is predicted from what, which parts, and how they are drawn. */
  readonly about: string
  /** The network in one line. */
  readonly net: string
  readonly optimizer: 'sgd' | 'adamw'
  /** The grid of rates to start from, in half-decades. */
  readonly rates: Readonly<Record<MainNorm, readonly number[]>>
  /** Whether the grid is as it is, even if the best rate is at its edge. @default false */
  readonly fixedRates?: boolean
  readonly batchSize: number
  /** Optimizer steps of a full run; a multiple of 150, so that 2 % of a third of them is an integer. */
  readonly steps: number
  readonly gate: Gate
  /** Weights of the classes in the loss, of training and of each measurement. @default equal */
  readonly classWeights?: readonly number[]
  /** Where the data lie in the folder EVENSTEP_DATA; absent for data in the package. */
  readonly needs?: string
  /** The parts for a seed: training and validation examples, and a test part on which nothing chooses. */
  parts(seed: number): Parts
  /** A new network, each hidden layer with batch normalization, which an arm may replace or remove. */
  model(norm: Norm): nn.Module
}

export type Field = 'vision' | 'language' | 'biomedicine'
export type Kind = 'MLP' | 'CNN' | 'RNN' | 'attention'

/** Without normalization, the network starts with care: He's initial weights, residual branches of 0. */
export type MainNorm = 'none' | 'batch' | 'layer'
/** What stands in a normalization's place in every cell, or in some (`further.ts`). */
export type Norm = MainNorm | 'group' | 'dyt' | 'skipInit' | 'standardized'
export type Schedule = 'constant' | 'linear' | 'oneCycle' | 'plateau' | 'cosine' | 'wsd' | 'step' | 'rex'

/** The arms of every cell. */
export const norms: readonly MainNorm[] = ['none', 'batch', 'layer']
export const schedules: readonly Schedule[] = ['constant', 'linear', 'oneCycle', 'plateau']

/** The normalization whose grid of rates another one starts from. */
const alike = {
  none: 'none',
  batch: 'batch',
  layer: 'layer',
  group: 'layer',
  dyt: 'layer',
  skipInit: 'none',
  standardized: 'none',
} as const satisfies Readonly<Record<Norm, MainNorm>>

/** The grid of rates that a normalization starts from in a cell. */
export const ratesOf = ({ rates }: Cell, norm: Norm): readonly number[] => rates[alike[norm]]

export interface Parts extends data.Split {
  readonly test: data.Dataset
  /** Groups of the test examples, such as patients, over which the result is bootstrapped. */
  readonly testGroups?: ArrayLike<number>
}

/** What the best arm must reach for the cell to count. */
export interface Gate {
  readonly measure: 'accuracy' | 'loss' | 'sensitivity'
  readonly value: number
  /** What the mean precision of the same classes must reach as well. */
  readonly precision?: number
  /** The method that reaches this value, and where the number comes from. */
  readonly of: string
}

/** Half-decades `10^(from/2)` … `10^(to/2)`, to 2 digits: `halfDecades(-4, -1)` is 0.01, 0.032, 0.1, 0.32. */
export const halfDecades = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => halfDecade(from + i))

export const halfDecade = (n: number): number => Number((10 ** (n / 2)).toPrecision(2))
