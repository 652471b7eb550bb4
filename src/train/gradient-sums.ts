import { type Tensor, topological } from '../core/tensor.ts'
import { hyperparameter, Variable } from '../core/variable.ts'
import { add, mul } from '../ops/arithmetic.ts'
import type { Attached } from '../optim/attach.ts'
import type { LossTerm } from './loss-terms.ts'

/**
 * Sums of gradients over the micro-batches of a batch, to which the graph of each micro-batch adds its own. Apart from
 * `Accumulation`, which runs these graphs, so that tracing them does not have to load it.
 */
export class GradientSums {
  /** Sums of gradients: first of all loss terms without a weight tensor, then of each term that has one. */
  readonly byTerm: (readonly Variable[])[] = []
  /** Terms whose sum is the loss; undefined if the loss is a plain mean over the examples. */
  terms: readonly LossTerm[] | undefined
  /** Number of examples in the current micro-batch divided by the number in the batch. */
  share = 1
  readonly #optimizer: Attached

  constructor(optimizer: Attached) {
    this.#optimizer = optimizer
  }

  /** Adds the gradients of a micro-batch's loss to the batch's gradient sums, while its graph is traced. */
  add(loss: Tensor, terms: readonly LossTerm[] | undefined): void {
    this.terms = terms
    const share = hyperparameter(() => this.share, loss.dtype, 'accumulate.share')
    if (terms === undefined) {
      this.#addTo(0, loss, (g) => mul(g, share))
      return
    }
    const undivided = terms.flatMap(({ total, weight }) => {
      if (typeof weight === 'object') return []
      return weight === 'examples' ? mul(total, share) : total
    })
    if (undivided.length > 0) this.#addTo(0, undivided.reduce(add))
    for (const [k, { total }] of terms.filter(isDivided).entries()) this.#addTo(k + 1, total)
  }

  #addTo(k: number, total: Tensor, change: (g: Tensor) => Tensor = (g) => g): void {
    const weights = new Set(this.#optimizer.trained.map(({ value }) => value))
    if (!topological([total]).some((t) => weights.has(t))) return // such as a constant that is added to the loss
    const sums = this.#sumsOf(k)
    for (const [i, g] of this.#optimizer.gradients(total).entries()) {
      const sum = sums[i]!
      sum.assign(add(sum.value, change(g)))
    }
  }

  #sumsOf(k: number): readonly Variable[] {
    this.byTerm[k] ??= this.#optimizer.trained.map(
      ({ shape, dtype }) => new Variable(shape, undefined, { trainable: false, dtype }),
    )
    return this.byTerm[k]
  }
}

/** Whether a term of the loss is divided by a weight that its graph computes. */
export const isDivided = ({ weight }: LossTerm): boolean => typeof weight === 'object'
