import { allocate, toData } from '../core/dtype.ts'
import { mismatch } from '../core/mismatch.ts'
import { choice, nested, type Option, type OptionsOf, required, size } from '../core/options.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { hyperparameter, Variable } from '../core/variable.ts'
import type { Batch } from '../data/loader.ts'
import { add, mul } from '../ops/arithmetic.ts'
import type { Attached } from '../optim/attach.ts'
import { type Compiled, type CompileOptions, compile } from '../runtime/compile.ts'
import { rows } from './rows.ts'
import type { Steps } from './steps.ts'

const options = {
  /** Micro-batches that make one optimizer step. */
  steps: required(size),
  /**
   * How batch normalization sees them.
   *
   * - `perMicroBatch` normalizes each micro-batch by its own statistics, as every framework does. The running
   *   statistics learn from each, so a step moves them as one of momentum 1 − (1 − momentum)^steps would.
   * - `exact` is one batch of all examples. Each example's normalization and gradient depend on all the others
   *   in every BN layer, so all have to be in memory at once: this saves none.
   *
   * @default 'perMicroBatch'
   */
  batchNorm: choice(['perMicroBatch', 'exact']),
}

export interface Accumulate extends OptionsOf<typeof options> {}

const parts = nested(options)

/** How many micro-batches make one optimizer step; a number is `{ steps }`. */
export const accumulate: Option<number | Accumulate> = {
  wanted: "a positive integer, or as { steps, batchNorm: 'perMicroBatch' or 'exact' }",
  fallback: 1,
  read(who, name, value) {
    if (typeof value === 'object' && value !== null) return parts.read(who, name, value) as Accumulate
    if (Number.isInteger(value) && (value as number) >= 1) return value as number
    throw mismatch(who, `${name} as ${this.wanted}`, value)
  },
}

/** Returns how many parts a batch is cut into. */
export const graphRunsPerStep = (accumulate: number | Accumulate): number =>
  typeof accumulate === 'number' ? accumulate : accumulate.batchNorm === 'exact' ? 1 : accumulate.steps

/** Returns how many micro-batches make one optimizer step. */
export const microBatchesPerStep = (accumulate: number | Accumulate): number =>
  typeof accumulate === 'number' ? accumulate : accumulate.steps

/** Cuts a batch into `parts` that are as equal as can be; into fewer where it has fewer examples. */
export function* microBatches(batch: Batch, parts: number): Generator<Batch> {
  const count = Math.min(parts, batch.length)
  const start = (i: number): number => Math.floor((i * batch.length) / count)
  for (let i = 0; i < count; i++) yield rows(batch, 1, start(i), start(i + 1))
}

/** The graph of one micro-batch: returns its loss, and adds up its gradients. */
export type MicroGraph = Compiled<'x' | 'y', 'loss'>

/**
 * Gradients of several micro-batches, added up in variables and then applied: one optimizer step in the memory
 * of one micro-batch. Each counts by its examples, so the step is that of the mean over all of them.
 */
export class Accumulation {
  readonly #optimizer: Attached
  readonly #parts: number
  readonly #graph: (length: number) => Promise<MicroGraph>
  readonly #compiling: CompileOptions
  readonly #sums: readonly Variable[]
  /** The part of the batch that the micro-batch is. */
  #share = 1
  #apply: Promise<Compiled<never, 'gradientNorm'>> | undefined

  /**
   * @param parts micro-batches of each batch
   * @param graph compiles a micro-batch of some length, with `add` on its loss
   */
  constructor(
    optimizer: Attached,
    parts: number,
    graph: (length: number) => Promise<MicroGraph>,
    compiling: CompileOptions,
  ) {
    this.#optimizer = optimizer
    this.#parts = parts
    this.#graph = graph
    this.#compiling = compiling
    this.#sums = optimizer.trained.map(
      ({ shape, dtype }) => new Variable(shape, undefined, { trainable: false, dtype }),
    )
  }

  /** Adds the gradients of a micro-batch to those before, while it is traced. */
  add(loss: Tensor): void {
    const share = hyperparameter(() => this.#share, loss.dtype, 'accumulate.share')
    for (const [i, g] of this.#optimizer.gradients(loss).entries()) {
      const sum = this.#sums[i]!
      sum.assign(add(sum.value, mul(g, share)))
    }
  }

  /**
   * Takes an optimizer step for each batch of `size` examples in a stack, up to the first whose loss is not
   * finite.
   *
   * @param step the number of the first step
   * @returns loss and norm of the gradient of each step, in the element type of the weights
   */
  async learn(
    stack: Batch,
    size: number,
    step: number,
  ): Promise<Readonly<Record<'losses' | 'gradientNorm', Steps['losses']>>> {
    const [losses, norms]: [number[], number[]] = [[], []]
    for (let k = 0; k < stack.length / size; k++) {
      losses.push(await this.#accumulate(rows(stack, size, k, k + 1), step + k))
      norms.push(await this.#update(step + k))
      if (!Number.isFinite(losses[k])) break // what comes after would not be either
    }
    const dtype = this.#sums[0]?.dtype ?? 'float32'
    const data = (values: number[]) => toData(dtype, values) as Steps['losses']
    return { losses: data(losses), gradientNorm: data(norms) }
  }

  /** @returns the mean loss of the batch */
  async #accumulate(batch: Batch, step: number): Promise<number> {
    for (const sum of this.#sums) sum.data = allocate(sum.dtype, sizeOf(sum.shape))
    let total = 0
    for (const part of microBatches(batch, this.#parts)) {
      this.#share = part.length / batch.length
      const { loss } = await (await this.#graph(part.length))(part, step)
      total += Number(loss[0]) * this.#share
    }
    return total
  }

  /** @returns the norm of the gradient */
  async #update(step: number): Promise<number> {
    const apply = (): { readonly gradientNorm: Tensor } => ({
      ...this.#optimizer.apply(this.#sums.map(({ value }) => value)),
    })
    this.#apply ??= compile({}, apply, this.#compiling)
    const { gradientNorm } = await (await this.#apply)({}, step)
    return Number(gradientNorm[0])
  }
}
