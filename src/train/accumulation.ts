import { allocate, toData } from '../core/dtype.ts'
import { apart } from '../core/exclusive.ts'
import { sizeOf } from '../core/shape.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { hyperparameter, Variable } from '../core/variable.ts'
import type { Batch } from '../data/loader.ts'
import { add, div, mul } from '../ops/arithmetic.ts'
import type { Attached } from '../optim/attach.ts'
import { type Compiled, type CompileOptions, compile } from '../runtime/compile.ts'
import { locating } from './locate.ts'
import { joinParts, kindsOf, type LossPart, type LossTerm, lossOfParts, readParts } from './loss-terms.ts'
import type { GradientExchange } from './parallel/gradient-exchange.ts'
import { rows, type Splitting, type Steps } from './steps.ts'

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
  readonly #graph: (length: number) => Promise<MicroGraph>
  readonly #compiling: CompileOptions
  /** Sums of gradients: first of all loss terms without a weight tensor, then of each term that has one. */
  readonly #sums: (readonly Variable[])[] = []
  /** Terms whose sum is the loss; undefined if the loss is a plain mean over the examples. */
  #terms: readonly LossTerm[] | undefined
  /** Number of examples in the current micro-batch divided by the number in the batch. */
  #share = 1
  /** Values of the terms' weight tensors for the current batch, in the order of these terms. */
  #weights: readonly number[] = []
  #apply: Promise<Compiled<never, 'gradientNorm'>> | undefined

  /**
   * @param parts number of micro-batches per batch
   * @param graph compiles the training graph of a micro-batch of `length` examples; tracing it must call
   *   `add(loss)`
   */
  constructor(
    { optimizer, during, variables, exchange }: Locks,
    parts: number,
    graph: (length: number) => Promise<MicroGraph>,
    compiling: CompileOptions,
  ) {
    this.#optimizer = optimizer
    this.#during = during
    this.#variables = variables
    this.#exchange = exchange
    this.#parts = parts
    this.#graph = graph
    this.#compiling = compiling
  }

  /** Adds the gradients of a micro-batch's loss to the batch's gradient sums, while its graph is traced. */
  add(loss: Tensor, terms: readonly LossTerm[] | undefined): void {
    this.#terms = terms
    const share = hyperparameter(() => this.#share, loss.dtype, 'accumulate.share')
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
    this.#sums[k] ??= this.#optimizer.trained.map(
      ({ shape, dtype }) => new Variable(shape, undefined, { trainable: false, dtype }),
    )
    return this.#sums[k]
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
      await this.#exchange?.gradients(this.#sums.flat())
      norms.push(await this.#update(step + k))
    }
    const dtype = this.#optimizer.trained[0]?.dtype ?? 'float32'
    const data = (values: number[]) => toData(dtype, values) as Steps['losses']
    return { losses: data(losses), gradientNorm: data(norms), ...(this.#terms && { parts }) }
  }

  /** Sums the gradients of a batch over its micro-batches. @returns loss of the batch, and the parts of this loss */
  async #accumulate(batch: Batch, step: number, splitting: Splitting): Promise<BatchLoss> {
    for (const sum of this.#sums.flat()) sum.data = allocate(sum.dtype, sizeOf(sum.shape))
    const run = (own: Batch): Promise<BatchLoss> => this.#runs(own, batch.length, step, splitting)
    const done = await (this.#exchange ? this.#exchange.losses(batch, run) : run(batch))
    const { parts = [] } = done
    this.#weights = parts.filter((_, k) => isDivided(this.#terms![k]!)).map(({ weight }) => weight!)
    return done
  }

  /** Runs the graph on the micro-batches of some examples of a batch that has `all` examples. */
  async #runs(own: Batch, all: number, step: number, splitting: Splitting): Promise<BatchLoss> {
    let total = 0
    let parts: readonly LossPart[] | undefined
    let first = 0
    for (const part of microBatches(own, this.#parts, splitting)) {
      this.#share = part.length / all
      const graph = await this.#compiled(part.length)
      const { loss, terms } = await locating(part, part.length, () => graph(part, step), undefined, first)
      first += part.length
      total += Number(loss[0]) * this.#share
      if (this.#terms) parts = joinParts(parts, readParts(kindsOf(this.#terms), terms, part.length)[0]!)
    }
    return { loss: parts ? lossOfParts(parts) : total, parts }
  }

  /** Returns the compiled graph of a micro-batch, and zeroes the gradient sums, which tracing the graph creates. */
  async #compiled(length: number): Promise<MicroGraph> {
    const graph = await this.#graph(length)
    for (const sum of this.#sums.flat())
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
      const each = this.#sums.map((sums, k) => {
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

const isDivided = ({ weight }: LossTerm): boolean => typeof weight === 'object'
