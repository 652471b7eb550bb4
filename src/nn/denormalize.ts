import { mismatch } from '../core/mismatch.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { reshape } from '../ops/broadcast.ts'
import type { Module } from './module.ts'

/** The part of a data set that `Denormalize` reads: the targets of all examples, one after another. */
export interface KnownTargets {
  readonly y: { readonly data: ArrayLike<number | bigint>; readonly shape: Shape }
}

/**
 * Converts outputs near 0 and 1 to the units of the targets, so that a network for regression need not learn
 * their mean and spread. Put it last: loss, metrics and predictions are then in the original units.
 *
 *     y = x · deviation + mean
 *
 * Mean and biased standard deviation are those of the training targets, one pair for each target of an example.
 * Where all targets are equal, the deviation is 1. Both are constants of the model, not weights. The output has the shape of the targets, `[batch, ...y.shape]`.
 *
 * @example new nn.Sequential(new nn.Linear(8, 1), new nn.Denormalize(split.train))
 */
export class Denormalize implements Module {
  /** Experiments in JSON leave out the constructor's argument, the training data. */
  static readonly fitted = true
  readonly #shape: Shape
  readonly #mean: Float64Array
  readonly #deviation: Float64Array

  /**
   * @param train training data in memory, whose `y` are numbers to predict
   * @throws {ArgumentError} when it is not a data set in memory.
   */
  constructor(train: KnownTargets) {
    const { data, shape } = (Object(train) as Partial<KnownTargets>).y ?? {}
    if (data === undefined || shape === undefined) {
      throw mismatch('Denormalize', 'training data in memory, such as split.train', train)
    }
    this.#shape = shape
    const mean = eachTarget(
      data,
      sizeOf(shape),
      () => 0,
      (value) => value,
    )
    const squares = eachTarget(
      data,
      sizeOf(shape),
      (i) => mean[i]!,
      (value) => value * value,
    )
    this.#mean = mean
    this.#deviation = squares.map((variance) => Math.sqrt(variance) || 1)
  }

  /** @param x `[batch, targets]` or any shape of as many elements @returns `[batch, ...y.shape]` */
  forward(x: Tensor): Tensor {
    const shape = [x.shape[0]!, ...this.#shape]
    const along = (values: Float64Array): Tensor => constant(values, [...this.#shape], x.dtype)
    return add(mul(reshape(x, shape), along(this.#deviation)), along(this.#mean))
  }
}

/** Returns the mean over all examples of `term(value − shift(i))`, for each target i of an example. */
function eachTarget(
  data: ArrayLike<number | bigint>,
  width: number,
  shift: (i: number) => number,
  term: (value: number) => number,
): Float64Array {
  const sums = new Float64Array(width)
  for (let at = 0; at < data.length; at++) sums[at % width]! += term(Number(data[at]) - shift(at % width))
  return sums.map((sum) => (sum * width) / data.length)
}
