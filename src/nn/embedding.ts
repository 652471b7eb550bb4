import { ArgumentError } from '../core/errors.ts'
import { checkKnown } from '../core/mismatch.ts'
import { scalar, type Tensor } from '../core/tensor.ts'
import { type Initializer, Variable } from '../core/variable.ts'
import { reshape } from '../ops/broadcast.ts'
import { equal, where } from '../ops/compare.ts'
import { detach } from '../ops/detach.ts'
import { embedding } from '../ops/gather.ts'
import { sizes } from './arguments.ts'
import { normal } from './init.ts'
import type { Module } from './module.ts'

export interface EmbeddingOptions {
  /** A row that starts at 0 and gets no gradient: what padding means. Negative ones count from the last row. */
  readonly paddingIdx?: number
}

/** A table of learned vectors: a row for each number. As PyTorch's `nn.Embedding`. */
export class Embedding implements Module {
  /** `[numEmbeddings, embeddingDim]`, starts standard normal. */
  readonly weight: Variable
  readonly #paddingIdx: number | undefined

  /** @throws {ArgumentError} when a size is not a positive integer, or `paddingIdx` is no row. */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    checkKnown('Embedding', options, { paddingIdx: true })
    const { paddingIdx } = options
    sizes('Embedding', { numEmbeddings, embeddingDim })
    const n = numEmbeddings
    if (paddingIdx !== undefined && !(Number.isInteger(paddingIdx) && paddingIdx >= -n && paddingIdx < n)) {
      throw new ArgumentError(`Embedding: wanted paddingIdx from ${-n} to ${n - 1}, got ${paddingIdx}`)
    }
    this.#paddingIdx = paddingIdx === undefined || paddingIdx >= 0 ? paddingIdx : paddingIdx + n
    this.weight = new Variable([numEmbeddings, embeddingDim], rows(this.#paddingIdx))
  }

  /**
   * @param index `[…]` of int32 or int64
   * @returns `[…, embeddingDim]`
   * @throws {ShapeError} when `index` is not of integers.
   */
  forward(index: Tensor): Tensor {
    const picked = embedding(index, this.weight.value)
    if (this.#paddingIdx === undefined) return picked
    const isPadding = equal(index, scalar(this.#paddingIdx, index.dtype))
    return where(reshape(isPadding, [...index.shape, 1]), detach(picked), picked)
  }
}

/** Standard normal rows, but zeros for padding. */
const rows =
  (paddingIdx: number | undefined): Initializer =>
  (random, shape) => {
    const numbers = Float64Array.from(normal()(random, shape))
    if (paddingIdx !== undefined) numbers.fill(0, paddingIdx * shape[1]!, (paddingIdx + 1) * shape[1]!)
    return numbers
  }
