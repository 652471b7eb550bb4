import { ArgumentError } from '../core/errors.ts'
import { boolean, integer, type OptionsOf, readOptions, size, type ValuesOf } from '../core/options.ts'
import { checkShape, misfit, type Shape } from '../core/shape.ts'
import { constant, type Tensor, tensorOption } from '../core/tensor.ts'
import { Variable } from '../core/variable.ts'
import { add } from '../ops/arithmetic.ts'
import { reshape, zerosOf } from '../ops/broadcast.ts'
import { cast, greater, where } from '../ops/compare.ts'
import { concat, split, stack, unbind } from '../ops/concat.ts'
import { linear } from '../ops/matmul.ts'
import { transpose } from '../ops/movement.ts'
import { checkRange } from '../ops/range.ts'
import { uniform } from './init.ts'
import { called, checkMode, type Mode, type Module } from './module.ts'
import type { RecurrentKind, RecurrentRun, RecurrentWeights, State, Unrolled } from './recurrent-kind.ts'
import { withOperator } from './recurrent-operator.ts'
import { rolled, unrolled } from './recurrent-run.ts'

export const recurrentOptions = {
  /** Number of layers; each layer's input is the output of the layer before. @default 1 */
  numLayers: integer({ min: 1 }, 1),
  /** Whether to add two biases, one to the product with the input, one to the product with the state. @default true */
  bias: boolean(true),
  /** Whether input and output are `[batch, length, …]` rather than `[length, batch, …]`. @default false */
  batchFirst: boolean(false),
  /** Whether each layer also runs backwards in time; outputs of both directions are concatenated. @default false */
  bidirectional: boolean(false),
}
export interface RecurrentOptions extends OptionsOf<typeof recurrentOptions> {}

const unrollOptions = {
  /**
   * Length of each sequence without padding, from 1 to the number of steps; int32 or int64 `[batch]`. @default all
   * steps
   */
  lengths: tensorOption,
  /** Initial hidden state, `[layers · directions, batch, hiddenSize]`, forward direction first. @default zeros */
  hidden: tensorOption,
  /** Initial cell state of an LSTM, of the shape of `hidden`. @default zeros */
  cell: tensorOption,
}
export interface UnrollOptions extends OptionsOf<typeof unrollOptions> {}

/**
 * Recurrent network. Its graph contains a copy of the operators for each step of a sequence; on the CPU, one node computes
 * the output of 16 steps or more, and another one its gradients.
 *
 * With `lengths`, a padded step keeps the state and outputs 0, as with PyTorch's packed sequences: the backward
 * direction starts at the last step before the padding.
 *
 * Weights are named as in PyTorch: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, then the same with
 * `_l0_reverse`, `_l1`, and so on. All are initialized uniformly in [−a, a] with a = 1/√hiddenSize.
 */
export abstract class Recurrent implements Module {
  readonly #kind: RecurrentKind
  readonly #inputSize: number
  readonly #hiddenSize: number
  readonly #layers: readonly (readonly RecurrentWeights[])[]
  readonly #batchFirst: boolean

  protected constructor(
    kind: RecurrentKind,
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions | undefined,
  ) {
    const { numLayers, bias, batchFirst, bidirectional } = readOptions(kind.name, recurrentOptions, options)
    size.read(kind.name, 'inputSize', inputSize)
    size.read(kind.name, 'hiddenSize', hiddenSize)
    this.#kind = kind
    this.#inputSize = inputSize
    this.#hiddenSize = hiddenSize
    this.#batchFirst = batchFirst
    const suffixes = bidirectional ? ['', '_reverse'] : ['']
    this.#layers = Array.from({ length: numLayers }, (_, layer) =>
      suffixes.map((suffix) => {
        const features = layer === 0 ? inputSize : hiddenSize * suffixes.length
        const weights = weightsOf(kind.gates * hiddenSize, features, hiddenSize, bias)
        for (const [name, variable] of Object.entries(weights)) {
          Object.assign(this, { [`${name}_l${layer}${suffix}`]: variable })
        }
        return weights
      }),
    )
  }

  /** Returns only the `output` of `unroll`: the hidden state of the last layer after each step. */
  forward(x: Tensor, mode?: Mode, options?: UnrollOptions): Tensor {
    checkMode(this, this.#kind.name, mode)
    return this.#unroll(x, options, true).output
  }

  /**
   * Runs the network over all steps of a sequence. If only the output is needed, `forward` takes less time.
   *
   * @param x `[length, batch, inputSize]`, or `[batch, length, inputSize]` with `batchFirst`
   * @throws {ShapeError} when the shape of an input does not fit.
   */
  unroll(x: Tensor, options?: UnrollOptions): Unrolled {
    return this.#unroll(x, options, false)
  }

  /** @param rolls whether one node may compute all steps, if nothing but the output is used */
  #unroll(x: Tensor, options: UnrollOptions | undefined, rolls: boolean): Unrolled {
    const read = readOptions(called(this, this.#kind.name), unrollOptions, options)
    const first = this.#firstStates(x, read)
    const timeMajor = this.#batchFirst ? swapped(x) : x
    const real = read.lengths && realSteps(read.lengths, timeMajor.shape[0]!)
    const last: State[] = []
    let sequence = timeMajor
    for (const directions of this.#layers) {
      const outputs = directions.map((weights, direction) => {
        const run = this.#runOf(sequence, weights, first[last.length]!, direction === 1, real)
        const { output, last: state } = unrolled(run)
        last.push(state)
        return reshape(rolls ? rolled(run, output) : output, [
          ...sequence.shape.slice(0, 2),
          this.#hiddenSize,
        ])
      })
      sequence = concat(outputs, 2)
    }
    const output = this.#batchFirst ? swapped(sequence) : sequence
    const hidden = stack(last.map(([hidden]) => hidden))
    const all = this.#kind.hasCell
      ? { output, hidden, cell: stack(last.map(([, cell]) => cell!)) }
      : { output, hidden }
    if (x.dtype !== 'float32' || Object.values(read).some((given) => given !== undefined)) return all
    return withOperator(all, this.#kind, this.#layers, timeMajor, this.#batchFirst)
  }

  /** Returns what one direction of one layer computes over a sequence `[length, batch, features]`. */
  #runOf(
    sequence: Tensor,
    { weight_ih, weight_hh, bias_ih, bias_hh }: RecurrentWeights,
    first: State,
    backwards: boolean,
    real: Tensor | undefined,
  ): RecurrentRun {
    const [length, batch, features] = sequence.shape as [number, number, number]
    const [ofInput, ofInputApart] = this.#parted(weight_ih)
    const [ofState, ofStateApart] = this.#parted(weight_hh)
    const [biasOfInput, biasOfInputApart] = this.#parted(bias_ih)
    const [biasOfState, biasOfStateApart] = this.#parted(bias_hh)
    const bias = biasOfInput && biasOfState && add(biasOfInput, biasOfState)
    // One product for all steps. Whole rows are split and joined: an axis of size 1 would take a Reshape for each step.
    const rows = reshape(sequence, [length * batch, features])
    const { cell } = this.#kind
    return {
      rows: [
        linear(rows, ofInput!, bias),
        ...(ofInputApart ? [linear(rows, ofInputApart, biasOfInputApart)] : []),
      ],
      weights: [ofState, ofStateApart, biasOfStateApart].filter((t) => t !== undefined),
      first,
      real,
      length,
      backwards,
      products: (hidden, [weight, apart, biasApart]) => [
        linear(hidden, weight!),
        ...(apart ? [linear(hidden, apart, biasApart)] : []),
      ],
      next([input, inputApart], [product, recurrent], state, isReal) {
        const apart = inputApart && { input: inputApart, recurrent: recurrent! }
        const next = cell(add(input!, product!), state, apart)
        if (!isReal) return { state: next, output: next[0] }
        return { state: keep(isReal, next, state), output: where(isReal, next[0], 0) }
      },
    }
  }

  /** Returns the rows of a weight or bias of the gates that use sums, and those of the others; none if there are none. */
  #parted(variable: Variable | undefined): readonly (Tensor | undefined)[] {
    const { gates, sums } = this.#kind
    if (!variable || sums === gates) return [variable?.value]
    const [ofSums, apart] = split(variable.value, [
      sums * this.#hiddenSize,
      (gates - sums) * this.#hiddenSize,
    ])
    return [ofSums, apart]
  }

  /** Returns the initial state of each layer and direction. */
  #firstStates(x: Tensor, { lengths, hidden, cell }: ValuesOf<typeof unrollOptions>): State[] {
    const who = called(this, this.#kind.name)
    const [batch, length] = this.#batchFirst ? [x.shape[0], x.shape[1]] : [x.shape[1], x.shape[0]]
    if (x.shape.length !== 3 || x.shape[2] !== this.#inputSize || length === 0) {
      const order = this.#batchFirst ? 'batch, length' : 'length, batch'
      throw misfit(who, `[${order}, ${this.#inputSize}]`, x.shape)
    }
    if (lengths) {
      checkShape(who, 'lengths', lengths, [batch!])
      checkRange(who, 'a length', lengths, { min: 1, max: length! })
    }
    if (cell && !this.#kind.hasCell) throw new ArgumentError(`${who}: wanted no cell state, got one`)
    const count = this.#layers.length * this.#layers[0]!.length
    const shape = [count, batch!, this.#hiddenSize]
    const each = (name: string, given: Tensor | undefined): Tensor[] => {
      if (given) checkShape(who, name, given, shape)
      return unbind(given ?? zerosOf(shape, x.dtype))
    }
    const hiddens = each('hidden', hidden)
    const cells = this.#kind.hasCell ? each('cell', cell) : []
    return hiddens.map((hidden, i): State => (cells[i] ? [hidden, cells[i]] : [hidden]))
  }
}

/** Creates the weights of one direction of a layer with `features` inputs; `rows` is gates · hiddenSize. */
function weightsOf(rows: number, features: number, hiddenSize: number, bias: boolean): RecurrentWeights {
  const limit = 1 / Math.sqrt(hiddenSize)
  const variable = (...shape: Shape): Variable => new Variable(shape, uniform(-limit, limit))
  const weights = { weight_ih: variable(rows, features), weight_hh: variable(rows, hiddenSize) }
  return { ...weights, ...(bias && { bias_ih: variable(rows), bias_hh: variable(rows) }) }
}

/** Returns for each step and each sequence whether it is not yet padded at this step, bool `[length, batch, 1]`. */
function realSteps(lengths: Tensor, length: number): Tensor {
  const steps = constant([...Array(length).keys()], [length, 1, 1], 'int64')
  return greater(reshape(cast(lengths, 'int64'), [1, lengths.shape[0]!, 1]), steps)
}

const keep = (isReal: Tensor, [hidden, cell]: State, [oldHidden, oldCell]: State): State =>
  cell && oldCell
    ? [where(isReal, hidden, oldHidden), where(isReal, cell, oldCell)]
    : [where(isReal, hidden, oldHidden)]

const swapped = (x: Tensor): Tensor => transpose(x, [1, 0, 2])
