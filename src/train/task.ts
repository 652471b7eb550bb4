import { allFinite } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { custom, integer, type Option, type OptionsOf, readOptions, type ValuesOf } from '../core/options.ts'
import { snapshot } from '../core/snapshot.ts'
import { type Variable, variables } from '../core/variable.ts'
import { type Batch, loader } from '../data/loader.ts'
import { isStream, type Source } from '../data/stream.ts'
import { initialize, toDType } from '../nn/initialize.ts'
import type { Module } from '../nn/module.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import type { Attached } from '../optim/attach.ts'
import { type EvaluationWeights, swapped } from '../optim/evaluation.ts'
import { DivergedError } from './diverged.ts'
import { type Evaluation, evaluation } from './evaluation.ts'
import { recalibrate } from './recalibrate.ts'
import { rows } from './rows.ts'
import { type Failure, skipping } from './skipping.ts'
import type { Steps } from './steps.ts'
import { TaskGraphs } from './task-graphs.ts'
import { type TaskOptions, taskOptions } from './task-options.ts'

const evaluationOptions = {
  /** Examples in a batch. @default 64 */
  batchSize: integer({ min: 1 }, 64),
}

type EvaluationOptions = OptionsOf<typeof evaluationOptions>

/**
 * A model with its loss and optimizer, ready to learn and to be evaluated. Each graph is compiled at the first
 * batch of its size.
 *
 * @example
 * const task = new train.Task({ model, loss: ops.crossEntropy, optimizer, data: split.train })
 * for (const batch of loader.batches(epoch)) await task.step(batch)
 * const { loss } = await task.evaluate(split.validation)
 */
export class Task {
  readonly model: Module
  readonly #options: ValuesOf<typeof taskOptions>
  readonly #optimizer: Attached
  readonly #graphs: TaskGraphs
  readonly #stored: readonly Variable[]
  #step = 0
  /** The call that currently holds the variables, if any. */
  #busy: 'learn' | 'evaluation' | undefined
  #lrFactor = 1

  /** @throws {ArgumentError} naming the first option that is unknown, wrong or missing. */
  constructor(options: TaskOptions) {
    this.#options = readOptions('Task', taskOptions, options)
    const { model, optimizer, seed, dtype } = this.#options
    this.model = toDType(initialize(model, seed), dtype)
    this.#optimizer = optimizer.attach(variables(model), () => this.#lrFactor)
    this.#graphs = new TaskGraphs(this.#options, this.#optimizer)
    this.#stored = [...variables(model).values(), ...this.#optimizer.state.values()]
  }

  /** The model's variables by state name. */
  get variables(): ReadonlyMap<string, Variable> {
    return variables(this.model)
  }

  /** Number of trained values in the model. */
  get parameters(): number {
    return [...this.variables.values()].reduce((n, v) => n + (v.trainable ? v.data.length : 0), 0)
  }

  /** The optimizer's variables, such as momentum buffers, by name. */
  get optimizerState(): ReadonlyMap<string, Variable> {
    return this.#optimizer.state
  }

  /** Makes `step` the next step, and multiplies every learning rate by `lrFactor` from here on. */
  goTo(step: number, lrFactor: number): void {
    this.#step = step
    this.#lrFactor = lrFactor
  }

  /** Optimizer steps taken. */
  get steps(): number {
    return this.#step
  }

  /** The factor of every learning rate. */
  get lrFactor(): number {
    return this.#lrFactor
  }

  /** The learning rate of a step, counted from 0, at the current factor. */
  lr(step: number): number {
    return this.#optimizer.lr(step)
  }

  /**
   * Compiles the graphs of a batch of this size now, rather than at the first one.
   *
   * @throws {ShapeError} when model, data and loss do not fit together.
   */
  prepare(batchSize: number): Promise<void> {
    return this.#graphs.prepare(batchSize)
  }

  /**
   * Takes one optimizer step.
   *
   * @returns the batch's mean loss, before the step
   * @throws {DivergedError} when it is not finite; the weights are those before the step.
   */
  async step(batch: Batch): Promise<number> {
    const { losses } = await this.learn(batch, batch.length)
    return losses[0]!
  }

  /**
   * Takes as many steps as `stack` holds batches of `batchSize`, in one run of the graph: the numbers are those
   * of as many single steps. With `accumulate`, each batch is cut into micro-batches, and each of those is a
   * run.
   *
   * @throws {DivergedError} at the first loss that is not finite, unless such steps are left out; the weights
   *   are those before its step.
   */
  learn(stack: Batch, batchSize: number): Promise<Steps> {
    return this.#alone('learn', async () => {
      const attempt = (from: number, to: number): Promise<Steps | Failure> =>
        this.#attempt(rows(stack, batchSize, from, to), batchSize)
      const count = stack.length / batchSize
      if (this.#options.nonFinite === 'skip') return skipping(count, attempt)
      const done = await attempt(0, count)
      if (!('bad' in done)) return done
      throw await this.#diverged(stack, batchSize, done)
    })
  }

  /** @throws {ArgumentError} while another call holds the variables. */
  async #alone<T>(call: 'learn' | 'evaluation', body: () => Promise<T>): Promise<T> {
    if (this.#busy !== undefined) {
      throw new ArgumentError(
        `task: wanted one call at a time, got ${call} during ${this.#busy}; await the first`,
      )
    }
    this.#busy = call
    try {
      return await body()
    } finally {
      this.#busy = undefined
    }
  }

  /** Takes the steps of a stack. A failure changes nothing. */
  async #attempt(stack: Batch, batchSize: number): Promise<Steps | Failure> {
    const restore = snapshot(this.#stored)
    try {
      const { losses, logs } = await this.#graphs.learn(stack, batchSize, this.#step)
      const bad = losses.findIndex((value) => !Number.isFinite(value))
      const broken = this.#options.nonFinite === 'skip' && !this.#stored.every(({ data }) => allFinite(data))
      if (bad >= 0 || broken) {
        restore()
        return { bad, loss: losses[bad] ?? Number.NaN }
      }
      const lrs = Float64Array.from(losses, (_, k) => this.lr(this.#step + k))
      this.#step += losses.length
      return { losses, lrs, ...(Object.keys(logs).length > 0 && { logs }) }
    } catch (error) {
      restore()
      throw error
    }
  }

  /**
   * Evaluates the model on all examples of `source`, in evaluation mode, with its weights for evaluation.
   * Changes nothing.
   */
  async evaluate(source: Source, options: EvaluationOptions = {}): Promise<Evaluation> {
    const { batchSize } = readOptions('evaluate', evaluationOptions, options)
    const evaluated = (): Promise<Evaluation> =>
      evaluation(source, batchSize, this.#options.metrics, (size) => this.#graphs.evaluator(size))
    return this.atEvaluation(evaluated, { batchSize })
  }

  /**
   * Runs `body` while the model's variables hold what evaluation uses: averages of the weights where the
   * optimizer keeps some, and running statistics that fit them. Afterwards each has its own numbers again.
   *
   * @param options.batchSize of the training data, where statistics are measured anew
   * @example await task.atEvaluation(async () => train.writeSafetensors(task.variables))
   */
  async atEvaluation<T>(body: () => Promise<T>, options: EvaluationOptions = {}): Promise<T> {
    const { batchSize } = readOptions('atEvaluation', evaluationOptions, options)
    const weights = this.#evaluationWeights()
    if (!weights || this.#busy === 'evaluation') return body()
    return this.#alone('evaluation', () =>
      swapped(this.variables.values(), weights.variables, async () => {
        if (weights.batchNorm === 'recalibrate') await this.#recalibrate(batchSize)
        return body()
      }),
    )
  }

  /** The weights that evaluation uses instead; none before the first step, when there are no averages yet. */
  #evaluationWeights(): EvaluationWeights | undefined {
    if (this.#step === 0) return undefined
    const { recalibrateBeforeEvaluation } = this.#options
    const own: EvaluationWeights | undefined = recalibrateBeforeEvaluation
      ? { variables: new Map(), batchNorm: 'recalibrate' }
      : undefined
    return this.#optimizer.evaluation ?? own
  }

  /** Fits the running statistics to the current weights. */
  async #recalibrate(batchSize: number): Promise<void> {
    if (batchNorms(this.model).size === 0) return
    const { data, seed, recalibrate: measure = recalibrate } = this.#options
    const size = isStream(data) ? batchSize : Math.min(batchSize, data.length)
    await measure(this.model, loader(data, { batchSize: size, seed, last: 'drop' }))
  }

  /** Redoes the finite steps before the bad one, then looks for what fails in it. */
  async #diverged(stack: Batch, batchSize: number, { bad, loss }: Failure): Promise<DivergedError> {
    const before = bad > 0 ? await this.#attempt(rows(stack, batchSize, 0, bad), batchSize) : undefined
    const [step, lr] = [this.#step, this.lr(this.#step)]
    const culprit = await this.#graphs.culprit(rows(stack, batchSize, bad, bad + 1), step)
    return new DivergedError(
      `train: wanted a finite loss, got ${loss} at step ${step}, lr ${lr}; the first tensor that is not finite ` +
        `is ${culprit ?? 'the loss'}; lower the rate or warm up longer`,
      step,
      lr,
      before && 'lrs' in before ? before : undefined,
    )
  }

  /**
   * Returns a hash of the training graph at this batch size; independent of process, device and weights.
   * Nothing is compiled for it.
   *
   * @throws {ShapeError} when model, data and loss do not fit together.
   */
  graphFingerprint(batchSize: number): string {
    return this.#graphs.hash(batchSize)
  }
}

/** An option for a task that exists already. */
export const taskOption: Option<Task, Task | undefined> = custom<Task>(
  'a task, such as train.taskOf(experiment)',
  (value) => value instanceof Task,
)
