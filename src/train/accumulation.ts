import { allocate, toData } from '../core/dtype.ts'
import { apart } from '../core/exclusive.ts'
import { sizeOf } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { hyperparameter, type Variable } from '../core/variable.ts'
import type { Batch } from '../data/loader.ts'
import { add, div } from '../ops/arithmetic.ts'
import type { Attached } from '../optim/attach.ts'
import { type Compiled, type CompileOptions, compile } from '../runtime/compile.ts'
import { type GradientSums, isDivided } from './gradient-sums.ts'
import { locating } from './locate.ts'
import { joinParts, kindsOf, type LossPart, lossOfParts, readParts } from './loss-terms.ts'
import type { GradientExchange } from './parallel/gradient-exchange.ts'
import { rows } from './rows.ts'
import type { Splitting, Steps } from './steps.ts'

/**
 * Splits a batch into micro-batches of nearly equal size: into `parts`, or into fewer if the examples fit.
 *
 * @throws the reason of the signal, once it is aborted.
 */
export function* microBatches(batch: Batch, parts: number, { most, signal }: Splitting): Generator<Batch> {
  const fitting = most === undefined ? parts : Math.min(parts, Math.ceil(batch.length / most))
  const count = Math.min(fitting, batch.length)
  const start = (i: number): number => Math.floor((i * batch.length) / count)
  for (let i = 0; i < count; i++) {
    signal?.throwIfAborted()
    yield rows(batch, 1, start(i), start(i + 1))
  }
}

/** Loss of a batch, and the parts of it if it is no mean over the examples. */
interface BatchLoss {
  readonly loss: number
  readonly parts: readonly LossPart[] | undefined
}

/** Compiled graph that computes the loss of one micro-batch and adds its gradients to the batch's gradient sums. */
export type MicroGraph = Compiled<'x' | 'y', 'loss' | 'terms' | 'layers'>

/** An optimizer, with a function that runs `body` while the weights are locked that it must not update. */
interface Locks {
  readonly optimizer: Attached
  /** Gradient sums to which the graphs of micro-batches add. */
  readonly sums: GradientSums
  /** The model's variables. */
  readonly variables: readonly Variable[]
  readonly during: <T>(body: () => T) => T
  /** Exchange with other ranks, each of which accumulates the gradients of its own examples of a batch. */
  readonly exchange: GradientExchange | undefined
}

/** Losses, gradient norms and loss parts (numerators and denominators) of consecutive optimizer steps. */
interface Accumulated extends Pick<Steps, 'losses' | 'parts'> {
  readonly gradientNorm: Steps['losses']
}

/**
 * Gradient accumulation: sums the gradients of several micro-batches, then takes one optimizer step with the
 * gradient of the loss of all their examples. Uses the memory of a step on one micro-batch.
 *
 * The gradient of a mean over examples is the mean of the micro-batches' gradients, weighted by their number of
 * examples. For a loss that divides by a weight, the gradients of the undivided totals are summed, and divided
 * once the weight of the whole batch is known.
 */
export class Accumulation {
  readonly #optimizer: Attached
  readonly #during: Locks['during']
  readonly #variables: Locks['variables']
  readonly #exchange: Locks['exchange']
  readonly #parts: number
  readonly #sums: GradientSums
  readonly #graph: (length: number) => Promise<MicroGraph>
  readonly #compiling: CompileOptions
  /** Values of the terms' weight tensors for the current batch, in the order of these terms. */
  #weights: readonly number[] = []
  #apply: Promise<Compiled<never, 'gradientNorm'>> | undefined

  /**
   * @param parts number of micro-batches per batch
   * @param graph compiles the training graph of a micro-batch of `length` examples; tracing it must call
   *   `sums.add(loss)`
   */
  constructor(
    { optimizer, sums, during, variables, exchange }: Locks,
    parts: number,
    graph: (length: number) => Promise<MicroGraph>,
    compiling: CompileOptions,
  ) {
    this.#optimizer = optimizer
    this.#sums = sums
    this.#during = during
    this.#variables = variables
    this.#exchange = exchange
    this.#parts = parts
    this.#graph = graph
    this.#compiling = compiling
  }

  /**
   * Takes one optimizer step for each batch of `size` examples in `stack` (several batches, concatenated). Stops at
   * the first loss that is NaN or infinite.
   *
   * @param step number of the first step, counted from the start of the run
   * @returns loss, gradient norm and loss parts of each step, in the element type of the weights
   */
  async learn(stack: Batch, size: number, step: number, splitting: Splitting): Promise<Accumulated> {
    const [losses, norms, parts]: [number[], number[], (readonly LossPart[])[]] = [[], [], []]
    for (let k = 0; k < stack.length / size; k++) {
      const done = await this.#accumulate(rows(stack, size, k, k + 1), step + k, splitting)
      losses.push(done.loss)
      if (done.parts) parts.push(done.parts)
      if (!Number.isFinite(done.loss)) break // later losses would not be finite either
      await this.#exchange?.gradients(this.#sums.byTerm.flat())
      norms.push(await this.#update(step + k))
    }
    const dtype = this.#optimizer.trained[0]?.dtype ?? 'float32'
    const data = (values: number[]) => toData(dtype, values) as Steps['losses']
    return { losses: data(losses), gradientNorm: data(norms), ...(this.#sums.terms && { parts }) }
  }

  /** Sums the gradients of a batch over its micro-batches. @returns loss of the batch, and the parts of this loss */
  async #accumulate(batch: Batch, step: number, splitting: Splitting): Promise<BatchLoss> {
    for (const sum of this.#sums.byTerm.flat()) sum.data = allocate(sum.dtype, sizeOf(sum.shape))
    const run = (own: Batch): Promise<BatchLoss> => this.#runs(own, batch.length, step, splitting)
    const done = await (this.#exchange ? this.#exchange.losses(batch, run) : run(batch))
    const { parts = [] } = done
    this.#weights = parts.filter((_, k) => isDivided(this.#sums.terms![k]!)).map(({ weight }) => weight!)
    return done
  }

  /** Runs the graph on the micro-batches of some examples of a batch that has `all` examples. */
  async #runs(own: Batch, all: number, step: number, splitting: Splitting): Promise<BatchLoss> {
    let total = 0
    let parts: readonly LossPart[] | undefined
    let first = 0
    for (const part of microBatches(own, this.#parts, splitting)) {
      this.#sums.share = part.length / all
      const graph = await this.#compiled(part.length)
      const { loss, terms } = await locating(part, part.length, () => graph(part, step), undefined, first)
      first += part.length
      total += Number(loss[0]) * this.#sums.share
      if (this.#sums.terms)
        parts = joinParts(parts, readParts(kindsOf(this.#sums.terms), terms, part.length)[0]!)
    }
    return { loss: parts ? lossOfParts(parts) : total, parts }
  }

  /** Returns the compiled graph of a micro-batch, and zeroes the gradient sums, which tracing the graph creates. */
  async #compiled(length: number): Promise<MicroGraph> {
    const graph = await this.#graph(length)
    for (const sum of this.#sums.byTerm.flat())
      if (!sum.initialized) sum.data = allocate(sum.dtype, sizeOf(sum.shape))
    return graph
  }

  /** Updates the weights with the summed gradients. @returns L2 norm of the batch's gradient over all weights */
  async #update(step: number): Promise<number> {
    const apply = await apart(this.#variables, () => {
      this.#apply ??= compile(
        {},
        () => this.#during(() => ({ ...this.#optimizer.apply(this.#gradients()) })),
        this.#compiling,
      )
      return this.#apply
    })
    const { gradientNorm } = await apply({}, step)
    return Number(gradientNorm[0])
  }

  /** Returns the gradient of the batch's loss with respect to each weight, computed from the gradient sums. */
  #gradients(): readonly Tensor[] {
    return this.#optimizer.trained.map((_, i) => {
      const each = this.#sums.byTerm.map((sums, k) => {
        const { value, dtype } = sums[i]!
        if (k === 0) return value
        return div(
          value,
          hyperparameter(() => this.#weights[k - 1]!, dtype, 'accumulate.weight'),
        )
      })
      return each.filter((g) => g !== undefined).reduce(add)
    })
  }
}
