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
import { locating } from './locate.ts'
import { rows, type Steps } from './steps.ts'

const options = {
  /** Number of micro-batches per optimizer step. */
  steps: required(size),
  /**
   * Examples over which batch normalization computes its statistics.
   *
   * - `perMicroBatch`: each micro-batch separately, as other frameworks do. Running statistics are updated once
   *   per micro-batch, so after an optimizer step their old values weigh only (1 − momentum)^steps.
   * - `exact`: all micro-batches together, computed as one large batch. Saves no memory, because every
   *   example's normalization and gradient depend on all other examples.
   *
   * @default 'perMicroBatch'
   */
  batchNorm: choice(['perMicroBatch', 'exact']),
}

export interface Accumulate extends OptionsOf<typeof options> {}

const parts = nested(options)

/** The option `accumulate`: number of micro-batches per optimizer step. A number `n` means `{ steps: n }`. */
export const accumulate: Option<number | Accumulate> = {
  wanted: "a positive integer, or as { steps, batchNorm: 'perMicroBatch' or 'exact' }",
  fallback: 1,
  read(who, name, value) {
    if (typeof value === 'object' && value !== null) return parts.read(who, name, value) as Accumulate
    if (Number.isInteger(value) && (value as number) >= 1) return value as number
    throw mismatch(who, `${name} as ${this.wanted}`, value)
  },
}

/** Returns the number of training-graph runs per optimizer step: 1 for `exact`, else one per micro-batch. */
export const graphRunsPerStep = (accumulate: number | Accumulate): number =>
  typeof accumulate === 'number' ? accumulate : accumulate.batchNorm === 'exact' ? 1 : accumulate.steps

/** Returns the number of micro-batches per optimizer step. */
export const microBatchesPerStep = (accumulate: number | Accumulate): number =>
  typeof accumulate === 'number' ? accumulate : accumulate.steps

/** Splits a batch into `parts` micro-batches of nearly equal size; into fewer if some would be empty. */
export function* microBatches(batch: Batch, parts: number): Generator<Batch> {
  const count = Math.min(parts, batch.length)
  const start = (i: number): number => Math.floor((i * batch.length) / count)
  for (let i = 0; i < count; i++) yield rows(batch, 1, start(i), start(i + 1))
}

/** Compiled graph that computes the loss of one micro-batch and adds its gradients to sums over the batch. */
export type MicroGraph = Compiled<'x' | 'y', 'loss'>

/**
 * Gradient accumulation: sums the gradients of several micro-batches, weighted by their number of examples,
 * then takes one optimizer step with the mean gradient. Uses the memory of a step on one micro-batch.
 */
export class Accumulation {
  readonly #optimizer: Attached
  readonly #parts: number
  readonly #graph: (length: number) => Promise<MicroGraph>
  readonly #compiling: CompileOptions
  readonly #sums: readonly Variable[]
  /** Number of examples in the current micro-batch divided by the number in the batch. */
  #share = 1
  #apply: Promise<Compiled<never, 'gradientNorm'>> | undefined

  /**
   * @param parts number of micro-batches per batch
   * @param graph compiles the training graph of a micro-batch of `length` examples; tracing it must call
   *   `add(loss)`
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

  /** Adds the gradients of a micro-batch's loss to the batch's gradient sums, while its graph is traced. */
  add(loss: Tensor): void {
    const share = hyperparameter(() => this.#share, loss.dtype, 'accumulate.share')
    for (const [i, g] of this.#optimizer.gradients(loss).entries()) {
      const sum = this.#sums[i]!
      sum.assign(add(sum.value, mul(g, share)))
    }
  }

  /**
   * Takes one optimizer step for each batch of `size` examples in `stack` (batches, concatenated), up to the
   * first loss that is not finite.
   *
   * @param step number of the first step, counted from the start of the run
   * @returns loss and gradient norm of each step, as arrays with the element type of the weights
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
      if (!Number.isFinite(losses[k])) break // later losses would not be finite either
    }
    const dtype = this.#sums[0]?.dtype ?? 'float32'
    const data = (values: number[]) => toData(dtype, values) as Steps['losses']
    return { losses: data(losses), gradientNorm: data(norms) }
  }

  /** Sums the gradients of a batch over its micro-batches. @returns mean loss of the batch */
  async #accumulate(batch: Batch, step: number): Promise<number> {
    for (const sum of this.#sums) sum.data = allocate(sum.dtype, sizeOf(sum.shape))
    let total = 0
    for (const part of microBatches(batch, this.#parts)) {
      this.#share = part.length / batch.length
      const graph = await this.#graph(part.length)
      const { loss } = await locating(part, part.length, () => graph(part, step))
      total += Number(loss[0]) * this.#share
    }
    return total
  }

  /** Updates the weights with the summed gradients. @returns L2 norm of the gradient over all weights */
  async #update(step: number): Promise<number> {
    const apply = (): { readonly gradientNorm: Tensor } => ({
      ...this.#optimizer.apply(this.#sums.map(({ value }) => value)),
    })
    this.#apply ??= compile({}, apply, this.#compiling)
    const { gradientNorm } = await (await this.#apply)({}, step)
    return Number(gradientNorm[0])
  }
}
