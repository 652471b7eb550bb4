import { apart } from '../core/exclusive.ts'
import { atRank } from '../core/rank.ts'
import { variables } from '../core/state.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import type { Batch } from '../data/loader.ts'
import { isStream, type Source } from '../data/stream.ts'
import { modelOutput } from '../nn/module.ts'
import type { BatchNorm } from '../nn/norm/batch-norm.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import type { Attached } from '../optim/attach.ts'
import { sharesMemory } from '../runtime/device.ts'
import { graphRunsPerStep } from './accumulate.ts'
import type { Accumulation, MicroGraph } from './accumulation.ts'
import { checkedLoss } from './checked-loss.ts'
import { type Evaluator, Evaluators } from './evaluator.ts'
import { exampleWeighted } from './example-weighted.ts'
import { GradientSums } from './gradient-sums.ts'
import { type BatchOf, batchFeeds, batchFields, Graphs } from './graphs.ts'
import { locating } from './locate.ts'
import { kindsOf, type LossKind, type LossTerm, packed, readParts, termsOf } from './loss-terms.ts'
import type { RankSteps } from './parallel/rank-steps.ts'
import { type StepTraces, tracesOf } from './step-traces.ts'
import type { Splitting, Steps } from './steps.ts'
import type { TaskValues } from './task-options.ts'
import { type WatchedStep, watched } from './watch.ts'

type Fed = BatchOf<Tensor>

/** A step after which no weight begins or stops to learn. */
const last = Number.POSITIVE_INFINITY

/** Compiled graphs of a task: for training on a batch (with `accumulate`, on a micro-batch), and for evaluation. */
export class TaskGraphs {
  readonly #options: TaskValues
  readonly #optimizer: Attached
  readonly #norms: readonly BatchNorm[]
  readonly #variables: readonly Variable[]
  readonly #weights: readonly Variable[]
  readonly #graphs: Graphs<'x' | 'y'>
  /** Number of micro-batches that each batch is split into; 1 without accumulation. */
  readonly #parts: number
  /** Sums of gradients by which weights are locked. */
  readonly #gradientSums = new Map<string, GradientSums>()
  /** Accumulation of gradients by which weights are locked. */
  readonly #accumulations = new Map<string, Accumulation>()
  readonly #evaluators: Evaluators
  /** How several ranks take a step, once loaded; undefined on a single one. */
  #ranks: RankSteps | undefined
  /** What each term of the loss is divided by, known after the first trace; undefined for a mean over the examples. */
  #kinds: readonly LossKind[] | undefined
  /** Reads what a step logs of its layers; known after the first trace. */
  #read: WatchedStep['read'] | undefined

  constructor(options: TaskValues, optimizer: Attached) {
    const { model, data, dtype, threads, device, accumulate } = options
    this.#options = options
    this.#optimizer = optimizer
    this.#norms = [...batchNorms(model).values()]
    this.#variables = [...variables(model).values()]
    this.#weights = this.#variables.filter(({ isWeight }) => isWeight)
    this.#graphs = new Graphs(batchFields(data), { dtype, threads, device, loop: true })
    this.#parts = graphRunsPerStep(accumulate)
    this.#evaluators = new Evaluators(options)
  }

  /** Loads what only a task of several ranks needs. */
  async #load(): Promise<void> {
    const { parallel } = this.#options
    if (!parallel || this.#ranks) return
    const { RankSteps } = await apart(this.#variables, () => import('./parallel/rank-steps.ts'))
    this.#ranks ??= new RankSteps(parallel, this.#variables, [...this.#optimizer.state.values()])
  }

  /** Whether gradients are summed at a step, over micro-batches or ranks, before another graph updates the weights. */
  #sums(step: number): boolean {
    return this.#parts > 1 || this.#ranks?.isSynchronous(step) === true
  }

  /** Numbers of threads that timing chose for the training graphs, by hash of the graph. */
  get timedThreads(): Readonly<Record<string, number>> {
    return this.#graphs.timedThreads
  }

  /** Compiles the training graph of step number `step` for batches of `batchSize` examples. */
  async prepare(batchSize: number, step: number): Promise<void> {
    await this.#load()
    const { data, device } = this.#options
    const resident = !this.#sums(step) && !isStream(data) && (await sharesMemory(device))
    const { size = 1 } = this.#ranks?.communicator ?? {}
    const own = Math.floor(batchSize / size)
    await this.#learner(Math.floor(own / Math.min(Math.ceil(this.#parts / size), own)), step, resident)
  }

  /**
   * Takes an optimizer step for each batch in a stack (several batches, concatenated); the first step has number
   * `step`. May end after a step with a loss that is not finite.
   */
  async learn(
    stack: Batch,
    batchSize: number,
    step: number,
    splitting: Splitting,
  ): Promise<Omit<Steps, 'lrs'>> {
    await this.#load()
    const learn = (...own: readonly [Batch, number, number]) => this.#learn(...own, splitting)
    const take = (part: Batch, from: number): Promise<Omit<Steps, 'lrs'>> =>
      this.#ranks?.learn(part, batchSize, step + from, learn) ?? learn(part, batchSize, step + from)
    const borders = this.#bordersIn(step, stack.length / batchSize)
    if (borders.length === 0) return take(stack, 0)
    const { inPhases } = await apart(this.#variables, () => import('./phases.ts'))
    return inPhases({ stack, batchSize, borders }, take)
  }

  /** Returns the steps before which the graph changes, of `count` steps from `step`, counted from there, without 0. */
  #bordersIn(step: number, count: number): readonly number[] {
    const { borders } = this.#optimizer
    const all = this.#ranks?.borders(borders) ?? borders
    return all.map((border) => border - step).filter((at) => at > 0 && at < count)
  }

  /** Takes steps in all of which the same weights are locked. */
  async #learn(stack: Batch, batchSize: number, step: number, split: Splitting): Promise<Omit<Steps, 'lrs'>> {
    const { data, device, log } = this.#options
    if (this.#sums(step)) {
      const accumulation = await this.#accumulation(step)
      const { gradientNorm, ...done } = await accumulation.learn(stack, batchSize, step, split)
      return { ...done, logs: log.gradientNorm ? { gradientNorm } : {} }
    }
    const { loss, terms, layers, ...logged } = await locating(stack, batchSize, async () => {
      const feeds = await apart(this.#variables, () => batchFeeds(stack, data, device))
      const graph = await this.#learner(batchSize, step, 'rows' in feeds)
      return graph(feeds, step)
    })
    const parts = this.#kinds && { parts: readParts(this.#kinds, terms, batchSize) }
    const ofLayers = layers && this.#read?.(layers, (k) => this.#optimizer.lr(step + k))
    const logs = { ...(logged as Readonly<Record<string, Float32Array>>), ...ofLayers }
    return { losses: loss as Steps['losses'], logs, ...parts }
  }

  /** Returns operator and layer of the first tensor in a training step that is not finite, such as `Mul in bn`. */
  async culprit(batch: Batch, step: number, splitting: Splitting): Promise<string | undefined> {
    const { model, device } = this.#options
    const { culpritOf } = await import('./culprit.ts')
    const { microBatches } = await import('./accumulation.ts')
    for (const part of microBatches(this.#ranks?.own(batch) ?? batch, this.#parts, splitting)) {
      const found = await culpritOf(await this.#learner(part.length, step), model, part, step, device)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Returns the evaluator for batches of `batchSize` examples of `source`. */
  evaluator(source: Source, batchSize: number): Promise<Evaluator> {
    return apart(this.#variables, () => this.#evaluators.of(source, batchSize))
  }

  /** Traces the graphs for batches of `batchSize` examples, without compiling them. */
  traces(batchSize: number): StepTraces {
    const training = (fed: Fed) =>
      this.#optimizer.at(last, () => this.#trainingStep(fed, last, this.#parts > 1))
    return tracesOf(this.#graphs, this.#options.model, batchSize, training)
  }

  #learner(batchSize: number, step: number, isResident: boolean = false): Promise<MicroGraph> {
    const { data } = this.#options
    const resident = isResident && !isStream(data) ? data.length : undefined
    const key = `learn ${batchSize} ${resident} ${this.#locks(step)}`
    const body = (fed: Readonly<Record<'x' | 'y', Tensor>>) =>
      atRank(this.#ranks?.communicator.rank ?? 0, () =>
        this.#optimizer.at(step, () => this.#trainingStep(fed, step, this.#sums(step))),
      )
    return apart(this.#variables, () => this.#graphs.compiled(key, batchSize, body, { resident }))
  }

  /**
   * Returns which layers are frozen and which weights are locked at a step, and whether the gradients of ranks are added,
   * as text: a change changes the graph.
   */
  #locks(step: number): string {
    return this.#optimizer.at(step, () => {
      const frozen = this.#norms.map((norm) => norm.frozen)
      const trainable = this.#weights.map((weight) => weight.trainable)
      return [frozen, trainable, [this.#ranks?.isSynchronous(step) === true]]
        .map((flags) => flags.map(Number).join(''))
        .join(' ')
    })
  }

  #sumsAt(step: number): GradientSums {
    const locks = this.#locks(step)
    const sums = this.#gradientSums.get(locks) ?? new GradientSums(this.#optimizer)
    this.#gradientSums.set(locks, sums)
    return sums
  }

  /** Returns what accumulates gradients at a step. It is loaded by the first task that does. */
  async #accumulation(step: number): Promise<Accumulation> {
    const { threads, device } = this.#options
    const locks = this.#locks(step)
    const known = this.#accumulations.get(locks)
    if (known) return known
    const { Accumulation } = await apart(this.#variables, () => import('./accumulation.ts'))
    const compile = (length: number): Promise<MicroGraph> => this.#learner(length, step)
    const during = <T>(body: () => T): T => this.#optimizer.at(step, body)
    const exchange = this.#ranks?.isSynchronous(step) ? this.#ranks.exchange : undefined
    const sums = this.#sumsAt(step)
    const given = { optimizer: this.#optimizer, sums, during, variables: this.#variables, exchange }
    const made = new Accumulation(given, this.#parts, compile, { threads, device })
    this.#accumulations.set(locks, made)
    return made
  }

  /** Traces an optimizer step on a batch or, if it `accumulates`, only the loss and gradients of a micro-batch. */
  #trainingStep(fed: Fed, step: number, accumulates: boolean): Record<'loss' | 'terms' | 'layers', Tensor> {
    const { log, model } = this.#options
    const { x, y } = fed
    let terms: readonly LossTerm[] | undefined
    let output: Tensor | undefined
    const { outputs, read } = watched(
      model,
      accumulates ? {} : log,
      () => {
        const applied = this.#lossOf(fed)
        output = applied.output
        return applied.loss
      },
      (loss) => {
        terms = termsOf(this.#options.loss, { loss, output: output!, y }, x)
        if (!accumulates) return this.#optimizer.minimize(loss, log.gradientNorm)
        this.#sumsAt(step).add(loss, terms)
        return undefined
      },
    )
    this.#kinds = terms && kindsOf(terms)
    this.#read = read
    return { ...outputs, ...(terms && { terms: packed(terms) }) } as Record<
      'loss' | 'terms' | 'layers',
      Tensor
    >
  }

  /** Applies model and loss. @throws {ShapeError} when the model returns fewer scores than there are classes. */
  #lossOf({ x, y, weights }: Fed): { readonly loss: Tensor; readonly output: Tensor } {
    const { model, loss: lossOf, data } = this.#options
    const output = modelOutput(model, x, 'train')
    const loss = checkedLoss(lossOf, output, y, data)
    return { loss: exampleWeighted(lossOf, { loss, output, y }, x, weights), output }
  }
}
