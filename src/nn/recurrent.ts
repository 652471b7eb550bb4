import { ArgumentError, ShapeError } from '../core/errors.ts'
import { type Shape, sameShape, showShape } from '../core/shape.ts'
import { constant, scalar, type Tensor } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import { expand, reshape } from '../ops/broadcast.ts'
import { cast, greater, where } from '../ops/compare.ts'
import { concat, stack, unbind } from '../ops/concat.ts'
import { linear } from '../ops/matmul.ts'
import { transpose } from '../ops/movement.ts'
import { called, sizes } from './arguments.ts'
import { uniform } from './init.ts'
import type { Mode, Module } from './module.ts'

export interface RecurrentOptions {
  /** Layers, each fed by the one before; 1. */
  readonly numLayers?: number
  /** Whether there are biases, one for the input and one for the state; true. */
  readonly bias?: boolean
  /** Whether input and output are `[batch, length, …]`, not `[length, batch, …]`; false. */
  readonly batchFirst?: boolean
  /** Whether each layer also reads backwards, its outputs beside the forward ones; false. */
  readonly bidirectional?: boolean
}

/** The names of `RecurrentOptions`. */
export const recurrentNames = { numLayers: true, bias: true, batchFirst: true, bidirectional: true } as const

/** What a recurrent network is given besides its input. */
export interface UnrollOptions {
  /** int32 or int64 `[batch]`: how many steps of each sequence are real, from the first. All unless given. */
  readonly lengths?: Tensor
  /** The first state, `[layers · directions, batch, hidden]`, forward before backward; zeros. */
  readonly hidden?: Tensor
  /** The first cell state of an LSTM, of the shape of `hidden`; zeros. */
  readonly cell?: Tensor
}

/** What a recurrent network gives. */
export interface Unrolled {
  /** The last layer's state at each step, `[length, batch, directions · hidden]`; 0 at padded steps. */
  readonly output: Tensor
  /** The last state of each layer and direction, `[layers · directions, batch, hidden]`. */
  readonly hidden: Tensor
  /** The last cell state of an LSTM, of the shape of `hidden`. */
  readonly cell?: Tensor
}

/** What a layer remembers from step to step, each `[batch, hidden]`. The first is its output. */
export type State = readonly [hidden: Tensor, cell?: Tensor]

/**
 * The next state.
 *
 * @param input `W_ih·x + b_ih` of this step, `[batch, gates · hidden]`
 * @param recurrent `W_hh·h + b_hh` of the state before, of the same shape
 */
export type RecurrentCell = (input: Tensor, recurrent: Tensor, state: State) => State

/** What tells one recurrent network from another. */
export interface RecurrentKind {
  readonly name: string
  /** How many times wider than the state the cell's inputs are. */
  readonly gates: number
  /** Whether there is a cell state beside the hidden one. */
  readonly hasCell: boolean
  readonly cell: RecurrentCell
}

/** One direction of one layer. */
interface Weights {
  readonly ih: Variable
  readonly hh: Variable
  readonly biasIh: Variable | undefined
  readonly biasHh: Variable | undefined
}

/**
 * A recurrent network, unrolled: the graph of a sequence holds each of its steps.
 *
 * With `lengths`, a padded step leaves the state as it is and gives an output of 0, as PyTorch's packed sequences:
 * the backward direction starts at the last real step.
 *
 * State names are PyTorch's: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, then those of
 * `_l0_reverse`, `_l1`, and so on. Everything starts uniform in ±1/√hiddenSize.
 */
export abstract class Recurrent implements Module {
  readonly #kind: RecurrentKind
  readonly #inputSize: number
  readonly #hiddenSize: number
  readonly #layers: readonly (readonly Weights[])[]
  readonly #batchFirst: boolean

  protected constructor(
    kind: RecurrentKind,
    inputSize: number,
    hiddenSize: number,
    { numLayers = 1, bias = true, batchFirst = false, bidirectional = false }: RecurrentOptions,
  ) {
    sizes(kind.name, { inputSize, hiddenSize, numLayers })
    this.#kind = kind
    this.#inputSize = inputSize
    this.#hiddenSize = hiddenSize
    this.#batchFirst = batchFirst
    const suffixes = bidirectional ? ['', '_reverse'] : ['']
    this.#layers = Array.from({ length: numLayers }, (_, layer) =>
      suffixes.map((suffix) => {
        const features = layer === 0 ? inputSize : hiddenSize * suffixes.length
        return this.#weights(`l${layer}${suffix}`, kind.gates * hiddenSize, features, bias)
      }),
    )
  }

  /** Make the weights of one direction of one layer, as fields by the names of their state. */
  #weights(name: string, rows: number, features: number, bias: boolean): Weights {
    const limit = 1 / Math.sqrt(this.#hiddenSize)
    const variable = (shape: Shape): Variable => new Variable(shape, uniform(-limit, limit))
    const weights = {
      ih: variable([rows, features]),
      hh: variable([rows, this.#hiddenSize]),
      biasIh: bias ? variable([rows]) : undefined,
      biasHh: bias ? variable([rows]) : undefined,
    }
    const { ih, hh, biasIh, biasHh } = weights
    Object.assign(this, { [`weight_ih_${name}`]: ih, [`weight_hh_${name}`]: hh })
    if (bias) Object.assign(this, { [`bias_ih_${name}`]: biasIh, [`bias_hh_${name}`]: biasHh })
    return weights
  }

  /** The output alone: see `unroll`. */
  forward(x: Tensor, _mode?: Mode, options: UnrollOptions = {}): Tensor {
    return this.unroll(x, options).output
  }

  /**
   * @param x `[length, batch, inputSize]`, or `[batch, length, inputSize]` with `batchFirst`
   * @throws {ShapeError} when a shape differs.
   */
  unroll(x: Tensor, options: UnrollOptions = {}): Unrolled {
    const first = this.#firstStates(x, options)
    const timeMajor = this.#batchFirst ? swapped(x) : x
    const real = options.lengths && realSteps(options.lengths, timeMajor.shape[0]!)
    const last: State[] = []
    let sequence = timeMajor
    for (const directions of this.#layers) {
      const outputs = directions.map((weights, direction) => {
        const run = this.#run(sequence, weights, first[last.length]!, direction === 1, real)
        last.push(run.last)
        return run.output
      })
      sequence = concat(outputs, 2)
    }
    const output = this.#batchFirst ? swapped(sequence) : sequence
    const hidden = stack(last.map(([hidden]) => hidden))
    return this.#kind.hasCell
      ? { output, hidden, cell: stack(last.map(([, cell]) => cell!)) }
      : { output, hidden }
  }

  /** One direction of one layer over all steps of `[length, batch, features]`. */
  #run(
    sequence: Tensor,
    { ih, hh, biasIh, biasHh }: Weights,
    first: State,
    backwards: boolean,
    real: readonly Tensor[] | undefined,
  ): { readonly output: Tensor; readonly last: State } {
    const inputs = unbind(linear(sequence, ih.value, biasIh?.value)) // one product for all steps
    const order = [...inputs.keys()]
    const outputs: Tensor[] = []
    let state = first
    for (const t of backwards ? order.reverse() : order) {
      const next = this.#kind.cell(inputs[t]!, linear(state[0], hh.value, biasHh?.value), state)
      const isReal = real?.[t]
      state = isReal ? keep(isReal, next, state) : next
      outputs[t] = isReal ? where(isReal, next[0], 0) : next[0]
    }
    return { output: stack(outputs), last: state }
  }

  /** The state before the first step of each layer and direction. */
  #firstStates(x: Tensor, { lengths, hidden, cell }: UnrollOptions): State[] {
    const who = called(this, this.#kind.name)
    const [batch, length] = this.#batchFirst ? [x.shape[0], x.shape[1]] : [x.shape[1], x.shape[0]]
    if (x.shape.length !== 3 || x.shape[2] !== this.#inputSize || length === 0) {
      const order = this.#batchFirst ? 'batch, length' : 'length, batch'
      throw new ShapeError(`${who}: wanted [${order}, ${this.#inputSize}], got ${showShape(x.shape)}`)
    }
    if (lengths && !sameShape(lengths.shape, [batch!])) {
      throw new ShapeError(`${who}: wanted lengths of [${batch}], got ${showShape(lengths.shape)}`)
    }
    if (cell && !this.#kind.hasCell) throw new ArgumentError(`${who}: wanted no cell state, got one`)
    const count = this.#layers.length * this.#layers[0]!.length
    const shape = [count, batch!, this.#hiddenSize]
    const each = (name: string, given: Tensor | undefined): Tensor[] => {
      if (given && !sameShape(given.shape, shape)) {
        throw new ShapeError(`${who}: wanted ${name} of ${showShape(shape)}, got ${showShape(given.shape)}`)
      }
      return unbind(given ?? expand(scalar(0, x.dtype), shape))
    }
    const hiddens = each('hidden', hidden)
    const cells = this.#kind.hasCell ? each('cell', cell) : []
    return hiddens.map((hidden, i): State => (cells[i] ? [hidden, cells[i]] : [hidden]))
  }
}

/** For each step whether it is real, bool `[batch, 1]`. */
function realSteps(lengths: Tensor, length: number): Tensor[] {
  const steps = constant(
    Array.from({ length }, (_, t) => t),
    [length, 1, 1],
    'int64',
  )
  return unbind(greater(reshape(cast(lengths, 'int64'), [1, lengths.shape[0]!, 1]), steps))
}

const keep = (isReal: Tensor, [hidden, cell]: State, [oldHidden, oldCell]: State): State =>
  cell && oldCell
    ? [where(isReal, hidden, oldHidden), where(isReal, cell, oldCell)]
    : [where(isReal, hidden, oldHidden)]

const swapped = (x: Tensor): Tensor => transpose(x, [1, 0, 2])
