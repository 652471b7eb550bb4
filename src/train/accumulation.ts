import { allocate } from '../core/dtype.ts'
import type { Tensor } from '../core/tensor.ts'
import { hyperparameter, Variable } from '../core/variable.ts'
import type { Batch } from '../data/loader.ts'
import { add, mul } from '../ops/arithmetic.ts'
import type { Attached } from '../optim/attach.ts'
import { type Compiled, type CompileOptions, compile } from '../runtime/compile.ts'
import { rows } from './rows.ts'

/** How many micro-batches make one optimizer step, and what batch normalization makes of them. */
export interface Accumulate {
  /** ≥ 1. */
  readonly steps: number
  /**
   * `perMicroBatch`, the default, normalizes each micro-batch by its own statistics, as every framework does. The
   * running statistics learn from each, so that a step moves them as one of momentum 1 − (1 − momentum)^steps would.
   *
   * `exact` is one batch of all examples. Each example's normalization and gradient depend on all the others in
   * every BN layer, so that all have to be in memory at once: this saves none.
   */
  readonly batchNorm?: 'perMicroBatch' | 'exact'
}

/** Into how many parts a batch is cut. */
export const graphRunsPerStep = (accumulate: number | Accumulate = 1): number =>
  typeof accumulate === 'number' ? accumulate : accumulate.batchNorm === 'exact' ? 1 : accumulate.steps

/** How many micro-batches make one optimizer step. */
export const microBatchesPerStep = (accumulate: number | Accumulate): number =>
  typeof accumulate === 'number' ? accumulate : accumulate.steps

/** A batch of `length` cut into parts as equal as can be: where each begins, and the end. */
export const cuts = (length: number, parts: number): readonly number[] => {
  const count = Math.min(parts, length)
  return Array.from({ length: count + 1 }, (_, i) => Math.floor((i * length) / count))
}

/** The graph of one micro-batch: its loss; its gradients are added up. */
export type MicroGraph = Compiled<'x' | 'y', 'loss'>

/**
 * Gradients of several micro-batches, added up in variables and then applied: one optimizer step in the memory of one
 * micro-batch. Each counts by its examples, so the step is that of the mean over all of them.
 */
export class Accumulation {
  readonly #optimizer: Attached
  readonly #graph: (length: number) => Promise<MicroGraph>
  readonly #compiling: CompileOptions
  readonly #sums: readonly Variable[]
  /** The part of the batch that the micro-batch is. */
  #share = 1
  #apply: Promise<Compiled<never, 'gradientNorm'>> | undefined

  /** @param graph compiles a micro-batch of some length, with `add` on its loss */
  constructor(
    optimizer: Attached,
    graph: (length: number) => Promise<MicroGraph>,
    compiling: CompileOptions,
  ) {
    this.#optimizer = optimizer
    this.#graph = graph
    this.#compiling = compiling
    this.#sums = optimizer.trained.map(
      ({ shape, dtype }) => new Variable(shape, undefined, { trainable: false, dtype }),
    )
  }

  /** While a micro-batch is traced: add its gradients to those before. */
  add(loss: Tensor): void {
    const share = hyperparameter(() => this.#share, loss.dtype, 'accumulate.share')
    for (const [i, g] of this.#optimizer.gradients(loss).entries()) {
      const sum = this.#sums[i]!
      sum.assign(add(sum.value, mul(g, share)))
    }
  }

  /** One optimizer step. @returns the batch's mean loss before it, and the norm of its gradient */
  async step(
    batch: Batch,
    parts: number,
    step: number,
  ): Promise<{ readonly loss: number; readonly gradientNorm: number }> {
    for (const sum of this.#sums) sum.data = allocate(sum.dtype, size(sum))
    let total = 0
    const at = cuts(batch.length, parts)
    for (const [i, to] of at.slice(1).entries()) {
      const length = to - at[i]!
      this.#share = length / batch.length
      const { loss } = await (await this.#graph(length))(rows(batch, 1, at[i]!, to), step)
      total += Number(loss[0]) * this.#share
    }
    this.#apply ??= compile(
      {},
      () => ({ ...this.#optimizer.apply(this.#sums.map(({ value }) => value)) }),
      this.#compiling,
    )
    const { gradientNorm } = await (await this.#apply)({}, step)
    return { loss: total, gradientNorm: Number(gradientNorm[0]) }
  }
}

const size = ({ shape }: Variable): number => shape.reduce((n, axis) => n * axis, 1)
