import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'

/** What a recurrent network returns: its outputs at all steps and its final state. */
export interface Unrolled {
  /** Hidden states of the last layer, `[length, batch, directions · hiddenSize]`; 0 at padded steps. */
  readonly output: Tensor
  /** Final hidden state of each layer and direction, `[numLayers · directions, batch, hiddenSize]`. */
  readonly hidden: Tensor
  /** Final cell state of an LSTM, of the shape of `hidden`. */
  readonly cell?: Tensor
}

/** State after a step, each tensor `[batch, hiddenSize]`. `hidden` is also the output; only LSTMs have a `cell`. */
export type State = readonly [hidden: Tensor, cell?: Tensor]

/** Gates whose two parts are not only added. */
export interface Apart {
  /** `W_ih·x + b_ih` for the input x of a step, `[batch, gates · hiddenSize]`. */
  readonly input: Tensor
  /** `W_hh·h + b_hh` for the previous hidden state h, of the shape of `input`. */
  readonly recurrent: Tensor
}

/**
 * Computes the state after a step from the state before it.
 *
 * @param sum `W_ih·x + b_ih + W_hh·h + b_hh` of the first gates, for the input x of this step and the previous hidden state
 *   h, `[batch, gates · hiddenSize]`
 * @param apart the other gates, if there are any
 */
export type RecurrentCell = (sum: Tensor, state: State, apart: Apart | undefined) => State

/** Definition of a kind of recurrent network, such as an LSTM. */
export interface RecurrentKind {
  readonly name: string
  /** Number of gates: the weights have `gates · hiddenSize` rows. */
  readonly gates: number
  /** Whether there is a cell state besides the hidden state, as in an LSTM. */
  readonly hasCell: boolean
  readonly cell: RecurrentCell
  /** Number of gates, from the first on, that only use the sum of the products with the input and with the state. */
  readonly sums: number
  /** For each gate in the order of ONNX's operator `name`, its position in the weights. */
  readonly order: readonly number[]
  /** Attributes of this ONNX operator, given the number of directions. */
  readonly attributes?: (directions: number) => Tensor['attributes']
}

/** Weights of one layer in one direction. */
export interface RecurrentWeights {
  readonly weight_ih: Variable
  readonly weight_hh: Variable
  readonly bias_ih?: Variable
  readonly bias_hh?: Variable
}

/** What one direction of a layer computes over a sequence. */
export interface RecurrentRun {
  /** Products with the input at all steps, each `[length · batch, …]`. */
  readonly rows: readonly Tensor[]
  /** What `products` and `next` read at all steps, such as weights. */
  readonly weights: readonly Tensor[]
  readonly first: State
  /** Whether each sequence is not yet padded at a step, bool `[length, batch, 1]`; undefined without padding. */
  readonly real: Tensor | undefined
  readonly length: number
  /** Whether it runs backwards in time. */
  readonly backwards: boolean
  /** Returns the products of a hidden state with the weights. */
  readonly products: (hidden: Tensor, weights: readonly Tensor[]) => readonly Tensor[]
  /** Returns the state after a step, and its output, given its part of the rows and the products. */
  readonly next: (
    rows: readonly Tensor[],
    products: readonly Tensor[],
    state: State,
    isReal: Tensor | undefined,
  ) => { readonly state: State; readonly output: Tensor }
}
