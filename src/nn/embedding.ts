import { mismatch } from '../core/mismatch.ts'
import { integer, type OptionsOf, readOptions, size } from '../core/options.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { type Initializer, Variable } from '../core/variable.ts'
import { reshape } from '../ops/broadcast.ts'
import { equal, where } from '../ops/compare.ts'
import { detach } from '../ops/detach.ts'
import { embedding } from '../ops/gather.ts'
import { normal } from './init.ts'
import type { Module } from './module.ts'

const options = {
  /** Index of the row for padding, which is initialized to 0 and gets no gradient; −1 is the last row. */
  paddingIdx: integer(),
}

export interface EmbeddingOptions extends OptionsOf<typeof options> {}

/** Looks up learned vectors by index, in a table with one row per vector. Like PyTorch's `nn.Embedding`. */
export class Embedding implements Module {
  /** Embedding table, `[numEmbeddings, embeddingDim]`; initialized from a standard normal distribution. */
  readonly weight: Variable
  readonly #paddingIdx: number | undefined

  /** @throws {ArgumentError} when a size is not a positive integer, or `paddingIdx` is out of range. */
  constructor(numEmbeddings: number, embeddingDim: number, given: EmbeddingOptions = {}) {
    const { paddingIdx } = readOptions('Embedding', options, given)
    size.read('Embedding', 'numEmbeddings', numEmbeddings)
    size.read('Embedding', 'embeddingDim', embeddingDim)
    const n = numEmbeddings
    if (paddingIdx !== undefined && (paddingIdx < -n || paddingIdx >= n)) {
      throw mismatch('Embedding', `paddingIdx from ${-n} to ${n - 1}`, paddingIdx)
    }
    this.#paddingIdx = paddingIdx === undefined || paddingIdx >= 0 ? paddingIdx : paddingIdx + n
    this.weight = new Variable([numEmbeddings, embeddingDim], rows(this.#paddingIdx))
  }

  /**
   * @param index indices of rows, int32 or int64, of any shape `[…]`
   * @returns the rows, `[…, embeddingDim]`
   * @throws {ShapeError} when the elements of `index` are not integers.
   */
  forward(index: Tensor): Tensor {
    const picked = embedding(index, this.weight.value)
    if (this.#paddingIdx === undefined) return picked
    const isPadding = equal(index, scalar(this.#paddingIdx, index.dtype))
    return where(reshape(isPadding, [...index.shape, 1]), detach(picked), picked)
  }
}

/** Returns an initializer that draws rows from a standard normal distribution, but sets the padding row to 0. */
const rows =
  (paddingIdx: number | undefined): Initializer =>
  (random, shape) => {
    const numbers = Float64Array.from(normal()(random, shape))
    if (paddingIdx !== undefined) numbers.fill(0, paddingIdx * shape[1]!, (paddingIdx + 1) * shape[1]!)
    return numbers
  }
