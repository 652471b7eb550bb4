import { ArgumentError } from '../core/errors.ts'
import { boolean, integer, type OptionsOf, readOptions, size, type ValuesOf } from '../core/options.ts'
import { checkShape, misfit } from '../core/shape.ts'
import { scalar, type Tensor, tensorOption } from '../core/tensor.ts'
import { filled, Variable } from '../core/variable.ts'
import { add, mul } from '../ops/arithmetic.ts'
import { reshape } from '../ops/broadcast.ts'
import { where } from '../ops/compare.ts'
import { chunk } from '../ops/concat.ts'
import { linear, matmul } from '../ops/matmul.ts'
import { transpose } from '../ops/movement.ts'
import { softmax } from '../ops/softmax.ts'
import { xavierUniform } from './init.ts'
import { Linear } from './linear.ts'
import { called, checkMode, type Mode, type Module } from './module.ts'

const options = {
  /** Whether the projections of query, key, value and output have biases, initialized to 0. @default true */
  bias: boolean(true),
  /** Number of features of each key. @default embedDim */
  kdim: integer({ min: 1 }),
  /** Number of features of each value. @default embedDim */
  vdim: integer({ min: 1 }),
  /** Whether inputs and output are `[batch, length, …]` rather than `[length, batch, …]`. @default false */
  batchFirst: boolean(false),
}
export interface MultiheadAttentionOptions extends OptionsOf<typeof options> {}

const inputOptions = {
  /** Keys, `[source, batch, kdim]`, where `source` is the number of keys. @default the query */
  key: tensorOption,
  /** Values, `[source, batch, vdim]`. @default the key */
  value: tensorOption,
  /** Mask of the keys, bool `[batch, source]`: true where a key is padding, to be ignored. */
  keyPaddingMask: tensorOption,
  /**
   * Mask of the scores, `[target, source]` or `[batch · heads, target, source]`: bool, true where a score is ignored,
   * or floats to add to the scores.
   */
  attnMask: tensorOption,
}
/** Optional inputs of attention besides the query: keys, values and masks. */
export interface AttentionInputs extends OptionsOf<typeof inputOptions> {}

/**
 * Multi-head attention. Like PyTorch's `nn.MultiheadAttention`, but without dropout, and returns only the output.
 *
 *     head = softmax(q·kᵀ/√d + mask) · v    y = W_out·[head₁ … head_h] + b_out
 *
 * A head's q, k and v are projections of the inputs to d = embedDim / numHeads features. If all keys of a query are
 * masked, its output is NaN, as in PyTorch.
 *
 * Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, section 3.2.
 */
export class MultiheadAttention implements Module {
  /** Weights that project query, key and value, stacked: `[3 · embedDim, embedDim]`; initialized Xavier-uniform. */
  readonly inProjWeight: Variable | undefined
  /** Weights that project the query, `[embedDim, embedDim]`; only if `kdim` or `vdim` is not `embedDim`. */
  readonly qProjWeight: Variable | undefined
  /** Weights that project the keys, `[embedDim, kdim]`; only if `kdim` or `vdim` is not `embedDim`. */
  readonly kProjWeight: Variable | undefined
  /** Weights that project the values, `[embedDim, vdim]`; only if `kdim` or `vdim` is not `embedDim`. */
  readonly vProjWeight: Variable | undefined
  /** Biases of the query, key and value projections, stacked: `[3 · embedDim]`; absent with `bias: false`. */
  readonly inProjBias: Variable | undefined
  /** Linear layer applied to the concatenated heads. Its name is in snake case, as in PyTorch's state names. */
  readonly out_proj: Linear
  readonly #heads: number
  readonly #sizes: readonly [query: number, key: number, value: number]
  readonly #batchFirst: boolean

  /** @throws {ArgumentError} unless all sizes are positive integers and `numHeads` divides `embedDim`. */
  constructor(embedDim: number, numHeads: number, given?: MultiheadAttentionOptions) {
    const read = readOptions('MultiheadAttention', options, given)
    const { bias, kdim = embedDim, vdim = embedDim, batchFirst } = read
    size.read('MultiheadAttention', 'embedDim', embedDim)
    size.read('MultiheadAttention', 'numHeads', numHeads)
    if (embedDim % numHeads !== 0) {
      throw new ArgumentError(
        `MultiheadAttention: wanted embedDim as a multiple of numHeads, got ${embedDim} and ${numHeads}`,
      )
    }
    this.#heads = numHeads
    this.#sizes = [embedDim, kdim, vdim]
    this.#batchFirst = batchFirst
    const projection = (rows: number, features: number): Variable =>
      new Variable([rows, features], xavierUniform())
    if (kdim === embedDim && vdim === embedDim) this.inProjWeight = projection(3 * embedDim, embedDim)
    else {
      this.qProjWeight = projection(embedDim, embedDim)
      this.kProjWeight = projection(embedDim, kdim)
      this.vProjWeight = projection(embedDim, vdim)
    }
    if (bias) this.inProjBias = new Variable([3 * embedDim])
    this.out_proj = new Linear(embedDim, embedDim, { bias })
    if (this.out_proj.bias) this.out_proj.bias.initializer = filled(0)
  }

  /**
   * @param query `[target, batch, embedDim]`, or `[batch, target, embedDim]` with `batchFirst`
   * @returns output, of the same shape as `query`
   * @throws {ShapeError} when the shape of an input or a mask does not fit.
   */
  forward(query: Tensor, mode?: Mode, inputs?: AttentionInputs): Tensor {
    checkMode(this, 'MultiheadAttention', mode)
    const { key = query, value = key, ...masks } = readOptions(this.#name(), inputOptions, inputs)
    const given = [query, key, value].map((x, i) => this.#batchMajor(x, this.#sizes[i]!))
    const [q, k, v] = this.#project(given).map((x) => this.#split(x))
    const scale = 1 / Math.sqrt(q!.shape[3]!)
    const scores = this.#masked(matmul(mul(q!, scale), transpose(k!, [0, 1, 3, 2])), masks)
    const heads = transpose(matmul(softmax(scores), v!), [0, 2, 1, 3])
    const y = this.out_proj.forward(reshape(heads, given[0]!.shape))
    return this.#batchFirst ? y : transpose(y, [1, 0, 2])
  }

  #batchMajor(x: Tensor, features: number): Tensor {
    if (x.shape.length !== 3 || x.shape[2] !== features) {
      const order = this.#batchFirst ? 'batch, length' : 'length, batch'
      throw misfit(this.#name(), `[${order}, ${features}]`, x.shape)
    }
    return this.#batchFirst ? x : transpose(x, [1, 0, 2])
  }

  /** Projects query, key and value; returns three tensors `[batch, length, embedDim]`. */
  #project(given: readonly Tensor[]): Tensor[] {
    const { inProjWeight, qProjWeight, kProjWeight, vProjWeight } = this
    const biases = this.inProjBias ? chunk(this.inProjBias.value, 3) : []
    const weights = inProjWeight
      ? chunk(inProjWeight.value, 3)
      : [qProjWeight!.value, kProjWeight!.value, vProjWeight!.value]
    return given.map((x, i) => linear(x, weights[i]!, biases[i]))
  }

  /** Separates the heads: `[batch, length, embedDim]` becomes `[batch, heads, length, embedDim / heads]`. */
  #split(x: Tensor): Tensor {
    const [batch, length, features] = x.shape
    const heads = reshape(x, [batch!, length!, this.#heads, features! / this.#heads])
    return transpose(heads, [0, 2, 1, 3])
  }

  #masked(scores: Tensor, masks: Omit<ValuesOf<typeof inputOptions>, 'key' | 'value'>): Tensor {
    const { keyPaddingMask, attnMask } = masks
    const [batch, heads, target, source] = scores.shape as [number, number, number, number]
    let masked = scores
    if (attnMask) {
      const each = attnMask.shape.length === 3
      const shape = each ? [batch * heads, target, source] : [target, source]
      checkShape(this.#name(), 'attnMask', attnMask, shape)
      masked = mask(masked, reshape(attnMask, each ? scores.shape : [1, 1, target, source]))
    }
    if (keyPaddingMask) {
      checkShape(this.#name(), 'keyPaddingMask', keyPaddingMask, [batch, source])
      masked = mask(masked, reshape(keyPaddingMask, [batch, 1, 1, source]))
    }
    return masked
  }

  #name(): string {
    return called(this, 'MultiheadAttention')
  }
}

/**
 * Masks scores. Where a score is ignored, its softmax is 0, and therefore also the gradient that comes back from there:
 * it needs no mask. The sum computes the same as the selection in less time.
 */
function mask(scores: Tensor, mask: Tensor): Tensor {
  if (mask.dtype !== 'bool') return add(scores, mask)
  const ignored = Number.NEGATIVE_INFINITY
  const zero = scalar(0, scores.dtype)
  return {
    ...add(scores, where(mask, scalar(ignored, scores.dtype), zero)),
    sources: [scores],
    grad: (dy) => [dy],
    portable: () => where(mask, ignored, scores),
  }
}
