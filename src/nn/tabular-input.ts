import { mismatch } from '../core/mismatch.ts'
import { choice, type OptionsOf, readOptions, size } from '../core/options.ts'
import { misfit } from '../core/shape.ts'
import { constant, type Tensor } from '../core/tensor.ts'
import { reshape } from '../ops/broadcast.ts'
import { cast, equal } from '../ops/compare.ts'
import { concat } from '../ops/concat.ts'
import { slice } from '../ops/slice.ts'
import { Embedding } from './embedding.ts'
import type { Module } from './module.ts'

const options = {
  /**
   * What a category becomes: a learned vector, or one number per category, of which one is 1 and the others are 0.
   * Rare and unseen categories, with code 0, become zeros in both. @default 'embedding'
   */
  encode: choice(['embedding', 'one-hot'], 'embedding'),
  /** Length of the learned vectors. @default min(600, round(1.6 · categories^0.56)), as in fastai */
  embeddingDim: size,
}

export interface TabularInputOptions extends OptionsOf<typeof options> {}

/**
 * Data whose examples are rows, some of whose numbers are codes of categories. `categories` has the number of categories
 * for each number that is a code, and 0 for others; without it, all are numbers.
 */
export type TabularData =
  | { readonly categories: readonly number[] }
  | { readonly x: { readonly shape: readonly number[] }; readonly categories?: readonly number[] }

/** Consecutive numbers of a row, or one code of a category. */
interface Piece {
  readonly from: number
  readonly to: number
  /** Number of categories; 0 for numbers. */
  readonly categories: number
}

/**
 * Turns the encoded rows of a table into features: numbers stay, codes of categories become learned vectors or one-hot
 * vectors. It is the first layer of a model for a table, as in `new nn.TabularInput(split.train)`; the next layer has
 * `features` inputs.
 *
 * The vectors of category i are `embeddings[i].weight`, initialized as in `nn.Embedding`. Source of their length:
 * Howard & Gugger 2020, *fastai: a layered API for deep learning*, `emb_sz_rule`.
 */
export class TabularInput implements Module {
  /** Experiments in JSON leave out the constructor's first argument, the training data. */
  static readonly fitted = true
  /** Number of features that come out. */
  readonly features: number
  readonly embeddings: readonly Embedding[]
  readonly #width: number
  readonly #pieces: readonly Piece[]

  /** @throws {ArgumentError} when the data are not rows, or a number of categories is not an integer ≥ 0. */
  constructor(data: TabularData, given: TabularInputOptions = {}) {
    const { encode, embeddingDim } = readOptions('TabularInput', options, given)
    const codes = categoriesOf(data)
    this.#width = codes.length
    this.#pieces = piecesOf(codes)
    const all = codes.filter((n) => n > 0)
    const isVector = encode === 'embedding'
    this.embeddings = isVector
      ? all.map((n) => new Embedding(n, embeddingDim ?? sizeRule(n), { paddingIdx: 0 }))
      : []
    const ofCategories = isVector
      ? this.embeddings.map(({ weight }) => weight.shape[1]!)
      : all.map((n) => n - 1)
    this.features = codes.length - all.length + ofCategories.reduce((a, b) => a + b, 0)
    if (this.features === 0) throw mismatch('TabularInput', 'a number, or a category with a value', codes)
  }

  /** @param x encoded rows, `[n, width]` @returns `[n, features]` */
  forward(x: Tensor): Tensor {
    if (x.shape.length !== 2 || x.shape[1] !== this.#width) {
      throw misfit('TabularInput', `rows of [n, ${this.#width}]`, x.shape)
    }
    const vectors = [...this.embeddings]
    const parts = this.#pieces.flatMap(({ from, to, categories }) => {
      const part = slice(x, [[], [from, to]])
      if (categories === 0) return [part]
      const vector = vectors.shift()
      if (vector) return [lookedUp(part, vector)]
      return categories === 1 ? [] : [oneHot(part, categories)]
    })
    return concat(parts, 1)
  }
}

/** Returns the length of the vectors for `n` categories. */
const sizeRule = (n: number): number => Math.min(600, Math.round(1.6 * n ** 0.56))

function categoriesOf(data: unknown): readonly number[] {
  const { categories, x } = Object(data) as { readonly categories?: unknown; readonly x?: object }
  const { shape } = Object(x) as { readonly shape?: readonly number[] }
  if (categories === undefined) {
    if (Array.isArray(shape) && shape.length === 1) return new Array<number>(shape[0]!).fill(0)
    throw mismatch('TabularInput', 'data of rows, such as split.train of a table', shape ?? data)
  }
  const isCount = (n: unknown): boolean => Number.isInteger(n) && (n as number) >= 0
  if (Array.isArray(categories) && categories.length > 0 && categories.every(isCount)) return categories
  throw mismatch('TabularInput', 'categories as a list of integers ≥ 0', categories)
}

function piecesOf(codes: readonly number[]): Piece[] {
  const pieces: Piece[] = []
  for (const [at, categories] of codes.entries()) {
    const last = pieces.at(-1)
    if (last?.categories === 0 && categories === 0) pieces[pieces.length - 1] = { ...last, to: at + 1 }
    else pieces.push({ from: at, to: at + 1, categories })
  }
  return pieces
}

const lookedUp = (codes: Tensor, embedding: Embedding): Tensor =>
  embedding.forward(cast(reshape(codes, [codes.shape[0]!]), 'int32'))

/** Returns `[n, categories − 1]`: 1 where the code is 1, 2, …, and only zeros for code 0. */
function oneHot(codes: Tensor, categories: number): Tensor {
  const all = Array.from({ length: categories - 1 }, (_, i) => i + 1)
  return cast(equal(codes, constant(all, [1, all.length], codes.dtype)), codes.dtype)
}
