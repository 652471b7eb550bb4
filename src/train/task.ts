import { allFinite } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { custom, integer, type Option, type OptionsOf, readOptions, type ValuesOf } from '../core/options.ts'
import { showShape } from '../core/shape.ts'
import { snapshot } from '../core/snapshot.ts'
import type { Tensor } from '../core/tensor.ts'
import { type Variable, variables } from '../core/variable.ts'
import { type Batch, loader } from '../data/loader.ts'
import { isStream, type Source } from '../data/stream.ts'
import { initialize, toDType } from '../nn/initialize.ts'
import type { Mode, Module } from '../nn/module.ts'
import type { BatchNorm } from '../nn/norm/batch-norm.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import { accuracy } from '../ops/loss.ts'
import type { Attached } from '../optim/attach.ts'
import { type EvaluationWeights, swapped } from '../optim/evaluation.ts'
import { backendOf } from '../runtime/device.ts'
import { traceStep } from '../runtime/traced.ts'
import { Accumulation, graphRunsPerStep, type MicroGraph, microBatches } from './accumulation.ts'
import { culpritOf, DivergedError } from './diverged.ts'
import { type Evaluation, type EvaluationGraph, evaluation } from './evaluation.ts'
import { graphFingerprint } from './graph-fingerprint.ts'
import { batchFeeds, Graphs } from './graphs.ts'
import { recalibrate } from './recalibrate.ts'
import { rows } from './rows.ts'
import { type Failure, skipping } from './skipping.ts'
import type { Steps } from './steps.ts'
import { type TaskOptions, taskOptions } from './task-options.ts'
import { watched, withAngles } from './watch.ts'

const evaluationOptions = {
  /** Examples in a batch. @default 64 */
  batchSize: integer({ min: 1 }, 64),
}

type EvaluationOptions = OptionsOf<typeof evaluationOptions>

/** The outcome of steps before their rates are known. */
type Results = Required<Pick<Steps, 'losses' | 'logs'>>

type Fed = Readonly<Record<'x' | 'y', Tensor>>

/**
 * A model with its loss and optimizer, ready to learn and to be evaluated. Each graph is compiled at the first batch of
 * its size.
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
  readonly #norms: readonly BatchNorm[]
  readonly #graphs: Graphs<'x' | 'y'>
  readonly #stored: readonly Variable[]
  /** Micro-batches a batch is cut into. */
  readonly #parts: number
  readonly #accumulation: Accumulation
  #step = 0
  /** The call that currently holds the variables, if any. */
  #busy: 'learn' | 'evaluation' | undefined
  #lrFactor = 1

  /** @throws {ArgumentError} naming the first option that is unknown, wrong or missing. */
  constructor(options: TaskOptions) {
    this.#options = readOptions('Task', taskOptions, options)
    const { model, optimizer, data, seed, dtype, threads, device, accumulate } = this.#options
    this.model = toDType(initialize(model, seed), dtype)
    this.#optimizer = optimizer.attach(variables(model), () => this.#lrFactor)
    this.#norms = [...batchNorms(model).values()]
    this.#graphs = new Graphs({ x: data.x, y: data.y }, { dtype, threads, device, loop: true })
    this.#stored = [...variables(model).values(), ...this.#optimizer.state.values()]
    this.#parts = graphRunsPerStep(accumulate)
    const compile = (length: number): Promise<MicroGraph> => this.#learner(length)
    this.#accumulation = new Accumulation(this.#optimizer, this.#parts, compile, { threads, device })
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
  async prepare(batchSize: number): Promise<void> {
    const { data, device } = this.#options
    const resident = this.#parts === 1 && !isStream(data) && (await backendOf(device)).sharesMemory
    await this.#learner(Math.floor(batchSize / Math.min(this.#parts, batchSize)), resident)
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
   * Takes as many steps as `stack` holds batches of `batchSize`, in one run of the graph: the numbers are those of as
   * many single steps. With `accumulate`, each batch is cut into micro-batches, and each of those is a run.
   *
   * @throws {DivergedError} at the first loss that is not finite, unless such steps are left out; the weights are
   *   those before its step.
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
      const { losses, logs } = await this.#run(stack, batchSize)
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

  /** Runs the graphs of the steps of a stack. */
  async #run(stack: Batch, batchSize: number): Promise<Results> {
    const { data, device, log } = this.#options
    if (this.#parts > 1) {
      const { losses, gradientNorm } = await this.#accumulation.learn(stack, batchSize, this.#step)
      return { losses, logs: log.gradientNorm ? { gradientNorm } : {} }
    }
    const feeds = await batchFeeds(stack, data, device)
    const graph = await this.#learner(batchSize, 'rows' in feeds)
    const { loss, ...logs } = await graph(feeds, this.#step)
    return { losses: loss as Steps['losses'], logs: withAngles(logs) }
  }

  /**
   * Evaluates the model on all examples of `source`, in evaluation mode, with its weights for evaluation. Changes
   * nothing.
   */
  evaluate(source: Source, options: EvaluationOptions = {}): Promise<Evaluation> {
    const { batchSize } = readOptions('evaluate', evaluationOptions, options)
    const graphOf = (size: number): Promise<EvaluationGraph> => this.#evaluator(size)
    return this.atEvaluation(() => evaluation(source, batchSize, this.#options.metrics, graphOf), {
      batchSize,
    })
  }

  /**
   * Runs `body` while the model's variables hold what evaluation uses: averages of the weights where the optimizer
   * keeps some, and running statistics that fit them. Afterwards each has its own numbers again.
   *
   * @param options.batchSize of the training data, where statistics are measured anew
   * @example await task.atEvaluation(async () => safetensors(task.variables))
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
    if (this.#norms.length === 0) return
    const { data, seed, recalibrate: measure = recalibrate } = this.#options
    const size = isStream(data) ? batchSize : Math.min(batchSize, data.length)
    await measure(this.model, loader(data, { batchSize: size, seed, last: 'drop' }))
  }

  /** Redoes the finite steps before the bad one, then looks for what fails in it. */
  async #diverged(stack: Batch, batchSize: number, { bad, loss }: Failure): Promise<DivergedError> {
    const before = bad > 0 ? await this.#attempt(rows(stack, batchSize, 0, bad), batchSize) : undefined
    const [step, lr] = [this.#step, this.lr(this.#step)]
    let culprit: string | undefined
    for (const part of microBatches(rows(stack, batchSize, bad, bad + 1), this.#parts)) {
      const graph = await this.#learner(part.length)
      culprit ??= await culpritOf(graph, this.model, part, step, this.#options.device)
    }
    return new DivergedError(
      `train: wanted a finite loss, got ${loss} at step ${step}, lr ${lr}; the first tensor that is not finite ` +
        `is ${culprit ?? 'the loss'}; lower the rate or warm up longer`,
      step,
      lr,
      before && 'lrs' in before ? before : undefined,
    )
  }

  /**
   * Returns a hash of the training graph at this batch size; independent of process, device and weights. Nothing is
   * compiled for it.
   *
   * @throws {ShapeError} when model, data and loss do not fit together.
   */
  graphFingerprint(batchSize: number): string {
    const { inputs, body } = this.#graphs.traceable(batchSize, (fed) => this.#lesson(fed))
    return graphFingerprint(traceStep(inputs, body))
  }

  #learner(batchSize: number, isResident: boolean = false): Promise<MicroGraph> {
    // A layer that is frozen or thawed between steps makes another graph.
    const frozen = this.#norms.map((norm) => Number(norm.frozen)).join('')
    const { data } = this.#options
    const resident = isResident && !isStream(data) ? data.length : undefined
    const key = `learn ${batchSize} ${resident} ${frozen}`
    return this.#graphs.compiled(key, batchSize, (fed) => this.#lesson(fed), { resident })
  }

  /** A training step, or what a micro-batch adds to one. */
  #lesson({ x, y }: Fed): Record<'loss', Tensor> {
    const isPart = this.#parts > 1
    return watched(
      this.model,
      isPart ? {} : this.#options.log,
      (step) => this.lr(step),
      () => this.#options.loss(this.#forward(x, 'train'), y),
      (loss) => (isPart ? this.#accumulation.add(loss) : this.#optimizer.minimize(loss)),
    )
  }

  #evaluator(batchSize: number): Promise<EvaluationGraph> {
    const { data, loss: lossOf, metrics } = this.#options
    return this.#graphs.compiled(`evaluate ${batchSize}`, batchSize, ({ x, y }) => {
      const output = this.#forward(x, 'eval')
      const loss = lossOf(output, y)
      const measured = { loss, accuracy: data.classes === undefined ? loss : accuracy(output, y) }
      return (Object.keys(metrics).length > 0 ? { ...measured, output } : measured) as Record<
        'loss' | 'accuracy' | 'output',
        Tensor
      >
    })
  }

  /** @throws {ShapeError} when labels may be beyond the scores. */
  #forward(x: Tensor, mode: Mode): Tensor {
    const output = this.model.forward(x, mode)
    const { shape } = output
    const { classes } = this.#options.data
    if (classes === undefined || shape.length !== 2 || shape[1]! >= classes) return output
    throw new ShapeError(
      `task: wanted a score for each of ${classes} classes, got ${showShape(shape)}; widen the last layer`,
    )
  }
}

/** An option for a task that exists already. */
export const taskOption: Option<Task, Task | undefined> = custom<Task>(
  'a task, such as train.taskOf(experiment)',
  (value) => value instanceof Task,
)
