import type { AbortSignalLike } from '../core/abort.ts'
import { allFinite } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { apart, exclusively, isWithinCallOf } from '../core/exclusive.ts'
import { lock, lockedIn } from '../core/lock.ts'
import { checkFields, mismatch } from '../core/mismatch.ts'
import { present, readOptions } from '../core/options.ts'
import { snapshot } from '../core/snapshot.ts'
import { variables } from '../core/state.ts'
import type { Variable } from '../core/variable.ts'
import { type Batch, loader } from '../data/loader.ts'
import { isStream, type Source } from '../data/stream.ts'
import { inRun } from '../nn/in-run.ts'
import { initialize, toDType } from '../nn/initialize.ts'
import type { Module } from '../nn/module.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import type { Attached } from '../optim/attach.ts'
import { type EvaluationWeights, swapped } from '../optim/evaluation.ts'
import { overRun } from '../optim/over-run.ts'
import { DivergedError, emptyBatch, notFinite } from './diverged.ts'
import {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationOptions,
  evaluateOptions,
  evaluation,
  evaluationOptions,
} from './evaluation.ts'
import { type Evaluator, remembering } from './evaluator.ts'
import { rows } from './rows.ts'
import type { StepTraces } from './step-traces.ts'
import type { Failure, Splitting, Steps } from './steps.ts'
import { TaskGraphs } from './task-graphs.ts'
import type { TaskOptions, TaskValues } from './task-options.ts'
import { taskValues } from './task-values.ts'

/**
 * A model with its loss and optimizer, for training and evaluation. A graph is compiled when the first batch of a new
 * size arrives.
 *
 * @example
 * const task = new train.Task({ model, loss: ops.crossEntropy, optimizer, data: split.train })
 * for (const batch of loader.batches(epoch)) await task.step(batch)
 * const { loss } = await task.evaluate(split.validation)
 */
export class Task {
  readonly model: Module
  readonly #options: TaskValues
  readonly #optimizer: Attached
  readonly #graphs: TaskGraphs
  readonly #stored: readonly Variable[]
  #step = 0
  /** Whether a call of `learn` is in progress, or is waiting for another call to end. */
  #learns = false
  #lrFactor = 1

  /** @throws {ArgumentError} naming the first option that is unknown, wrong or missing. */
  constructor(options: TaskOptions) {
    this.#options = taskValues(options)
    const { model, optimizer, seed, dtype, scheduleSteps: steps } = this.#options
    const inSteps = steps === undefined ? optimizer : overRun(optimizer, steps)
    this.model = toDType(initialize(steps === undefined ? model : inRun(model, steps), seed), dtype)
    this.#optimizer = inSteps.attach(variables(model), () => this.#lrFactor)
    this.#graphs = new TaskGraphs(this.#options, this.#optimizer)
    this.#stored = [...variables(model).values(), ...this.#optimizer.state.values()]
  }

  /** The model's variables by name, as in PyTorch's `state_dict`. */
  get variables(): ReadonlyMap<string, Variable> {
    return variables(this.model)
  }

  /** Other processes that train this model with this one; undefined if there are none. */
  get parallel(): TaskValues['parallel'] {
    return this.#options.parallel
  }

  /** The weights that the optimizer updates at some step, by name. */
  get trained(): ReadonlyMap<string, Variable> {
    const { options } = this.#optimizer
    return new Map([...this.variables].filter(([name, { trainable }]) => trainable && options.has(name)))
  }

  /** Number of trainable parameters (single numbers) in the model. */
  get parameters(): number {
    return [...this.trained.values()].reduce((n, { data }) => n + data.length, 0)
  }

  /** The optimizer's variables, such as momentum buffers, by name. */
  get optimizerState(): ReadonlyMap<string, Variable> {
    return this.#optimizer.state
  }

  /** Sets the number of steps taken so far, and the factor that multiplies all further learning rates. */
  goTo(step: number, lrFactor: number): void {
    this.#step = step
    this.#lrFactor = lrFactor
  }

  /** Number of steps to which percentages in schedules refer; undefined if the task was given none. */
  get scheduleSteps(): number | undefined {
    return this.#options.scheduleSteps
  }

  /** Number of optimizer steps taken so far. */
  get steps(): number {
    return this.#step
  }

  /** Numbers of threads that timing chose for the training graphs compiled so far, by hash of the graph. */
  get timedThreads(): Readonly<Record<string, number>> {
    return this.#graphs.timedThreads
  }

  /** Factor that currently multiplies every learning rate. */
  get lrFactor(): number {
    return this.#lrFactor
  }

  /** Returns the learning rate of step number `step`, from 0, multiplied by the current `lrFactor`. */
  lr(step: number): number {
    return this.#optimizer.lr(step)
  }

  /**
   * Compiles the training graph for batches of `batchSize` examples now instead of at the first batch.
   *
   * @throws {ShapeError} when model, data and loss do not fit together.
   */
  prepare(batchSize: number): Promise<void> {
    return this.#graphs.prepare(batchSize, this.#step)
  }

  /**
   * Takes one optimizer step.
   *
   * @returns mean loss of the batch before the step
   * @throws {DivergedError} when the loss is not finite; the weights are unchanged then.
   */
  async step(batch: Batch): Promise<number> {
    checkFields('step', 'a batch of x, y and length', batch, 'x', 'y', 'length')
    const { losses } = await this.learn(batch, batch.length)
    return losses[0]!
  }

  /**
   * Takes one optimizer step for each batch of `batchSize` examples in `stack` (several batches, concatenated), in a
   * single run of the graph but with the same results as separate steps. With `accumulate`, the graph runs once per
   * micro-batch.
   *
   * @param splitting maximum number of examples in a micro-batch, so that a smaller batch is split into fewer
   * @throws the reason of `splitting.signal`, once it is aborted; the weights are then those before the call.
   * @throws {DivergedError} at the first loss that is not finite, unless `nonFinite` is `skip`; the weights are then
   *   those before that step.
   */
  async learn(stack: Batch, batchSize: number, splitting: Splitting = {}): Promise<Steps> {
    const during = isWithinCallOf(this) ? 'evaluation' : this.#learns ? 'learn' : undefined
    if (during !== undefined) {
      const fix = during === 'learn' ? 'await the first' : 'train before or after atEvaluation'
      throw new ArgumentError(`task: wanted one call at a time, got learn during ${during}; ${fix}`)
    }
    this.#learns = true
    try {
      const taken = (): Promise<Steps> => this.#learn(stack, batchSize, splitting)
      return await exclusively(this.#stored, taken, { changes: true })
    } finally {
      this.#learns = false
    }
  }

  async #learn(stack: Batch, batchSize: number, splitting: Splitting): Promise<Steps> {
    const attempt = (from: number, to: number) =>
      this.#attempt(rows(stack, batchSize, from, to), batchSize, splitting)
    const count = stack.length / batchSize
    if (this.#options.nonFinite === 'skip') {
      const { skipping } = await apart(this.#stored, () => import('./phases.ts'))
      return skipping(count, attempt)
    }
    const done = await attempt(0, count)
    if (!('bad' in done)) return done
    throw await this.#diverged(stack, batchSize, splitting, done)
  }

  /** Takes a step for each batch in a stack (several batches, concatenated). If one fails, undoes all of them. */
  async #attempt(stack: Batch, batchSize: number, splitting: Splitting): Promise<Steps | Failure> {
    const restore = snapshot(this.#stored)
    try {
      const done = await this.#graphs.learn(stack, batchSize, this.#step, splitting)
      const { losses, logs = {}, parts } = done
      const bad = losses.findIndex((value) => !Number.isFinite(value))
      const broken = this.#options.nonFinite === 'skip' && !this.#stored.every(({ data }) => allFinite(data))
      if (bad >= 0 || broken) {
        restore()
        const isEmpty = parts?.[bad]?.some(({ weight }) => weight === 0) === true
        return { bad, loss: losses[bad] ?? Number.NaN, isEmpty }
      }
      const lrs = Float64Array.from(losses, (_, k) => this.lr(this.#step + k))
      this.#step += losses.length
      return { losses, lrs, ...(Object.keys(logs).length > 0 && { logs }), ...(parts && { parts }) }
    } catch (error) {
      restore()
      throw error
    }
  }

  /**
   * Evaluates the model on all examples of `source`, in evaluation mode and with the weights for evaluation (see
   * `atEvaluation`). Model and optimizer do not change. Concurrent evaluations and steps take turns, so results are
   * as if each call had waited for the one before. While a stream is awaited, other calls run, those of its own code too.
   *
   * @throws the reason of `signal`, once it is aborted.
   */
  async evaluate(source: Source, options: EvaluateOptions = {}): Promise<Evaluation> {
    const { batchSize, ...asked } = readOptions('evaluate', evaluateOptions, options)
    checkFields('evaluate', 'a data set or a stream', source, 'x', 'y')
    const evaluatorOf = (size: number): Promise<Evaluator> => this.#graphs.evaluator(source, size)
    const evaluated = (by: typeof evaluatorOf) =>
      evaluation(source, batchSize, this.#options.metrics, by, { ...asked, held: this.#stored })
    const at = present({ batchSize, signal: asked.signal })
    if (!isStream(source)) return this.atEvaluation(() => evaluated(evaluatorOf), at)
    const remember = async () => remembering(this.variables.values(), evaluatorOf)
    return evaluated(await this.atEvaluation(remember, at))
  }

  /**
   * Runs `body` while the model has its weights for evaluation: averages with matching running statistics if the
   * optimizer keeps averages, otherwise the training weights. Restores the training weights afterwards. Steps and
   * evaluations started elsewhere meanwhile wait for `body` to end.
   *
   * @param options.batchSize examples per training batch, if running statistics are to be recomputed
   * @throws {ArgumentError} when `body` takes a step of this task.
   * @throws the reason of `options.signal`, if it is aborted before `body` begins.
   * @example await task.atEvaluation(async () => train.writeSafetensors(task.variables))
   */
  async atEvaluation<T>(body: () => Promise<T>, options: EvaluationOptions = {}): Promise<T> {
    const { batchSize, signal } = readOptions('atEvaluation', evaluationOptions, options)
    if (typeof body !== 'function') throw mismatch('atEvaluation', 'a function', body)
    const isInner = isWithinCallOf(this)
    const evaluated = async () => (isInner ? body() : this.#withEvaluationWeights(body, batchSize, signal))
    return exclusively(this.variables.values(), evaluated, { owner: this, signal })
  }

  #withEvaluationWeights<T>(body: () => Promise<T>, batchSize: number, signal?: AbortSignalLike): Promise<T> {
    const weights = this.#evaluationWeights()
    if (!weights) return body()
    return swapped(this.variables.values(), weights.variables, async () => {
      if (weights.batchNorm === 'recalibrate') await this.#recalibrate(batchSize, signal)
      return body()
    })
  }

  /** Whether evaluation uses averaged weights or recalibrated statistics rather than those that training reached. */
  get averages(): boolean {
    const recalibrates = this.#options.recalibrateBeforeEvaluation && batchNorms(this.model).size > 0
    return this.#optimizer.evaluation !== undefined || recalibrates
  }

  /** Returns the weights that replace the training weights in evaluation; undefined if none do. */
  #evaluationWeights(): EvaluationWeights | undefined {
    if (this.#step === 0) return undefined
    const { evaluation: own } = this.#optimizer
    if (own || !this.#options.recalibrateBeforeEvaluation) return own
    return { variables: new Map(), batchNorm: 'recalibrate' }
  }

  /** Recomputes running statistics at the current weights, on training batches of `batchSize` examples. */
  async #recalibrate(batchSize: number, signal: AbortSignalLike | undefined): Promise<void> {
    if (batchNorms(this.model).size === 0) return
    const { data, seed, recalibrate: own } = this.#options
    const measure = own ?? (await apart(this.#stored, () => import('./recalibrate.ts'))).recalibrate
    const size = isStream(data) ? batchSize : Math.min(batchSize, data.length)
    const batches = loader(data, { batchSize: size, seed, last: 'drop' })
    const unlock = lock(this.#optimizer.at(this.#step, () => lockedIn(this.model)))
    await (signal ? measure(this.model, batches, { signal }) : measure(this.model, batches)).finally(unlock)
  }

  /** Returns the error for the failed step `bad`, after repeating the steps before it to find the cause. */
  async #diverged(
    stack: Batch,
    batchSize: number,
    split: Splitting,
    { bad, loss, isEmpty }: Failure,
  ): Promise<DivergedError> {
    const before = bad > 0 ? await this.#attempt(rows(stack, batchSize, 0, bad), batchSize, split) : undefined
    const [step, lr] = [this.#step, this.lr(this.#step)]
    const culprit = () => this.#graphs.culprit(rows(stack, batchSize, bad, bad + 1), step, split)
    const cause = isEmpty ? emptyBatch(stack) : notFinite(await culprit())
    const message = `train: wanted a finite loss, got ${loss} at step ${step}, lr ${lr}; ${cause}`
    return new DivergedError(message, step, lr, before && 'lrs' in before ? before : undefined)
  }

  /**
   * Traces the graphs of a training step and of evaluation for batches of `batchSize` examples, without compiling them.
   *
   * @throws {ShapeError} when model, data and loss do not fit together.
   */
  traces(batchSize: number): StepTraces {
    return this.#graphs.traces(batchSize)
  }
}
