import { allFinite, type Data, toData } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { showShape } from '../core/shape.ts'
import { snapshot } from '../core/snapshot.ts'
import type { Tensor } from '../core/tensor.ts'
import { type Variable, variables } from '../core/variable.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { type Batch, type Loader, loader } from '../data/loader.ts'
import { isStream, type Source } from '../data/stream.ts'
import type { StreamLoader } from '../data/stream-loader.ts'
import { initialize, toDType } from '../nn/initialize.ts'
import type { Mode, Module } from '../nn/module.ts'
import type { BatchNorm } from '../nn/norm/batch-norm.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import { observe } from '../nn/observe.ts'
import { cast } from '../ops/compare.ts'
import { indexSelect } from '../ops/gather.ts'
import { accuracy, type Loss } from '../ops/loss.ts'
import type { Attached } from '../optim/attach.ts'
import { type EvaluationWeights, swapped } from '../optim/evaluation.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { type Compiled, type CompileOptions, compile } from '../runtime/compile.ts'
import { backendOf, type Device } from '../runtime/device.ts'
import { firstNonFinite } from '../runtime/diagnose.ts'
import { graphFingerprint } from '../runtime/fingerprint.ts'
import { type InputSpec, traceStep } from '../runtime/traced.ts'
import { type Accumulate, Accumulation, cuts, graphRunsPerStep, type MicroGraph } from './accumulation.ts'
import { DivergedError, labelling } from './diverged.ts'
import { type Measurements, Measures, type Metrics } from './metrics/metric.ts'
import { recalibrate } from './recalibrate.ts'
import { rows } from './rows.ts'
import { type Failure, skipping } from './skipping.ts'
import { type Steps, told } from './steps.ts'
import { type LogOptions, Watch, withAngles } from './watch.ts'

export interface TaskOptions {
  readonly model: Module
  readonly loss: Loss
  readonly optimizer: Optimizer
  /** Examples like those that will be fed: their shapes and types are read, not their numbers. */
  readonly data: Source
  /** Seeds the first weights of a model that has none; 0 unless given. */
  readonly seed?: number
  /** What to compute in; float32 unless given. float64 is for verification, and slower. */
  readonly dtype?: 'float32' | 'float64'
  /** Threads an operator may use; chosen from the work in the graph unless given. */
  readonly threads?: number | undefined
  /** Where to compute; the CPU unless given, natively where there is a binary. */
  readonly device?: Device | undefined
  /** How many micro-batches make one step; 1. A number is `{ steps }`. */
  readonly accumulate?: number | Accumulate
  /**
   * What becomes of a step that makes a number not finite: an error, or it is left out as if its batch had not been
   * there; `throw`. A step that is left out moves no schedule and no running statistic.
   */
  readonly nonFinite?: 'throw' | 'skip'
  /** What to measure on a data set besides, by name. */
  readonly metrics?: Metrics
  /** What to log of each step, besides its loss and rate; of an accumulated one, only its gradient norm. */
  readonly log?: LogOptions
  /** Whether evaluation measures the running statistics anew first, also of weights that are no averages; false. */
  readonly recalibrateBeforeEvaluation?: boolean
  /** Measures running statistics anew on batches of the training data: `train.recalibrate`, or `train.updateBn`. */
  readonly recalibrate?: (model: Module, batches: Loader | StreamLoader) => Promise<unknown>
}

/** Of a data set. `accuracy` is there when the data are labelled, `metrics` when some were asked for. */
export interface Evaluation extends Partial<Measurements> {
  /** Mean over the examples. */
  readonly loss: number
  /** The part of the examples, 0 to 1, whose greatest score is at the label. */
  readonly accuracy?: number
}

type EvalResult = 'loss' | 'accuracy' | 'output'
type EvalGraph = Compiled<'x' | 'y', EvalResult>

/**
 * A model with its loss and optimizer, ready to learn and to be measured. Each graph is compiled when a batch of
 * its size first comes.
 *
 * @example
 * const task = new train.Task({ model, loss: ops.crossEntropy, optimizer, data: split.train })
 * for (const batch of loader.batches(epoch)) await task.step(batch)
 * const { loss } = await task.evaluate(split.validation)
 */
export class Task {
  readonly model: Module
  readonly #options: TaskOptions
  readonly #optimizer: Attached
  readonly #norms: readonly BatchNorm[]
  readonly #learners = new Map<string, Promise<MicroGraph>>()
  readonly #evaluators = new Map<number, Promise<EvalGraph>>()
  readonly #stored: readonly Variable[]
  readonly #accumulation: Accumulation
  #step = 0
  /** What has the variables for itself. */
  #busy: 'learn' | 'evaluation' | undefined
  #lrFactor = 1

  constructor(options: TaskOptions) {
    const { model, optimizer, seed = 0, dtype = 'float32' } = options
    this.#options = options
    this.model = toDType(initialize(model, seed), dtype)
    this.#optimizer = optimizer.attach(variables(model), () => this.#lrFactor)
    this.#norms = [...batchNorms(model).values()]
    this.#stored = [...variables(model).values(), ...this.#optimizer.state.values()]
    this.#accumulation = new Accumulation(this.#optimizer, (length) => this.#learner(length), this.#compiling)
  }

  /** The model's variables by state name. */
  get variables(): ReadonlyMap<string, Variable> {
    return variables(this.model)
  }

  /** Trained numbers in the model. */
  get parameters(): number {
    return [...this.variables.values()].reduce((n, v) => n + (v.trainable ? v.data.length : 0), 0)
  }

  /** The optimizer's variables, such as momentum buffers, by name. */
  get optimizerState(): ReadonlyMap<string, Variable> {
    return this.#optimizer.state
  }

  /** Count steps on from `step`, and multiply every learning rate by `lrFactor`, until told otherwise. */
  goTo(step: number, lrFactor: number): void {
    this.#step = step
    this.#lrFactor = lrFactor
  }

  /** How many optimizer steps were taken. */
  get steps(): number {
    return this.#step
  }

  /** What multiplies every learning rate. */
  get lrFactor(): number {
    return this.#lrFactor
  }

  /** The learning rate that a step has, counted from 0, as things stand. */
  lr(step: number): number {
    return this.#optimizer.lr(step)
  }

  /**
   * Compile the graphs of a batch of this size now, rather than when the first one comes.
   *
   * @throws {ShapeError} when model, data and loss do not fit together.
   */
  async prepare(batchSize: number): Promise<void> {
    const { data, device } = this.#options
    const resident = !isStream(data) && (await backendOf(device)).sharesMemory
    const parts = graphRunsPerStep(this.#options.accumulate)
    await (parts === 1 ? this.#learner(batchSize, resident) : this.#learner(cuts(batchSize, parts)[1]!))
  }

  /**
   * One optimizer step.
   *
   * @returns the batch's mean loss, before the step
   * @throws {DivergedError} when it is not finite; the weights are those before the step.
   */
  async step(batch: Batch): Promise<number> {
    const { losses } = await this.learn(batch, batch.length)
    return losses[0]!
  }

  /**
   * As many steps as `stack` holds batches of `batchSize`, in one run of the graph: the numbers are those of as
   * many single steps. With `accumulate`, each batch is cut into micro-batches, and each of those is a run.
   *
   * @throws {DivergedError} at the first loss that is not finite, unless such steps are left out; the weights are
   *   those before its step.
   */
  async learn(stack: Batch, batchSize: number): Promise<Steps> {
    this.#refuse('learn')
    this.#busy = 'learn'
    try {
      return await this.#learn(stack, batchSize)
    } finally {
      this.#busy = undefined
    }
  }

  /** @throws {ArgumentError} while another call has the variables for itself. */
  #refuse(call: string): void {
    if (this.#busy === undefined) return
    throw new ArgumentError(
      `task: wanted one call at a time, got ${call} during ${this.#busy}; await the first`,
    )
  }

  async #learn(stack: Batch, batchSize: number): Promise<Steps> {
    const attempt = (from: number, to: number): Promise<Steps | Failure> =>
      this.#attempt(rows(stack, batchSize, from, to), batchSize)
    const count = stack.length / batchSize
    if (this.#options.nonFinite === 'skip') return skipping(count, attempt)
    const done = await attempt(0, count)
    if (!('bad' in done)) return done
    throw await this.#diverged(stack, batchSize, done)
  }

  /** The steps of a stack; when they fail, nothing has changed. */
  async #attempt(stack: Batch, batchSize: number): Promise<Steps | Failure> {
    const restore = snapshot(this.#stored)
    try {
      const done = await this.#run(stack, batchSize)
      const bad = done.losses.findIndex((value) => !Number.isFinite(value))
      const broken = this.#options.nonFinite === 'skip' && !this.#stored.every(({ data }) => allFinite(data))
      if (bad >= 0 || broken) {
        restore()
        return { bad, loss: done.losses[bad] ?? Number.NaN }
      }
      const lrs = Float64Array.from(done.losses, (_, k) => this.lr(this.#step + k))
      this.#step += done.losses.length
      return { ...done, lrs }
    } catch (error) {
      restore()
      throw error
    }
  }

  /** Run the graphs of the steps of a stack. */
  async #run(stack: Batch, batchSize: number): Promise<Omit<Steps, 'lrs'>> {
    const parts = graphRunsPerStep(this.#options.accumulate)
    if (parts === 1) {
      const resident = await this.#residentFeeds(stack)
      const graph = await this.#learner(batchSize, resident !== undefined)
      const { loss, ...logs } = await graph(resident ?? record(stack), this.#step)
      return told(loss, withAngles(logs))
    }
    const done: { readonly loss: number; readonly gradientNorm: number }[] = []
    for (let k = 0; k < stack.length / batchSize; k++) {
      done.push(await this.#accumulation.step(rows(stack, batchSize, k, k + 1), parts, this.#step + k))
      if (!Number.isFinite(done[k]!.loss)) break // what comes after would not be either
    }
    const { dtype = 'float32', log } = this.#options
    const of = (key: 'loss' | 'gradientNorm'): Data =>
      toData(
        dtype,
        done.map((one) => one[key]),
      )
    return told(of('loss'), log?.gradientNorm ? { gradientNorm: of('gradientNorm') } : {})
  }

  /** The model on all examples of `source`, in evaluation mode, with its weights for evaluation. Changes nothing. */
  evaluate(source: Source, { batchSize = 64 }: { readonly batchSize?: number } = {}): Promise<Evaluation> {
    return this.atEvaluation(() => this.#measure(source, batchSize), { batchSize })
  }

  /**
   * Run `body` while the model's variables hold what evaluation uses: averages of the weights where the optimizer
   * keeps some, and running statistics that fit them. Each has its own numbers back after.
   *
   * @param options.batchSize examples a batch where statistics are measured anew: those of training; 64 unless given
   * @example await task.atEvaluation(async () => train.writeSafetensors(task.variables))
   */
  async atEvaluation<T>(
    body: () => Promise<T>,
    { batchSize = 64 }: { readonly batchSize?: number } = {},
  ): Promise<T> {
    const weights = this.#evaluationWeights()
    if (!weights || this.#busy === 'evaluation') return body()
    this.#refuse('evaluation')
    this.#busy = 'evaluation'
    try {
      return await swapped(this.variables.values(), weights.variables, async () => {
        if (weights.batchNorm === 'recalibrate') await this.#recalibrate(batchSize)
        return body()
      })
    } finally {
      this.#busy = undefined
    }
  }

  /** None before the first step: there are no averages yet. */
  #evaluationWeights(): EvaluationWeights | undefined {
    if (this.#step === 0) return undefined
    const { recalibrateBeforeEvaluation } = this.#options
    const own: EvaluationWeights | undefined = recalibrateBeforeEvaluation
      ? { variables: new Map(), batchNorm: 'recalibrate' }
      : undefined
    return this.#optimizer.evaluation ?? own
  }

  /** Fit the running statistics to the weights as they are. */
  async #recalibrate(batchSize: number): Promise<void> {
    if (this.#norms.length === 0) return
    const { data, seed = 0, recalibrate: measure = recalibrate } = this.#options
    const size = isStream(data) ? batchSize : Math.min(batchSize, data.length)
    await measure(this.model, loader(data, { batchSize: size, seed, last: 'drop' }))
  }

  async #measure(source: Source, batchSize: number): Promise<Evaluation> {
    const { metrics } = this.#options
    const measures = metrics && new Measures(metrics)
    const totals = { examples: 0, loss: 0, accuracy: 0 }
    for await (const stack of loader(source, { batchSize }).stacks(0, () => stackSize)) {
      const rows = Math.min(batchSize, stack.length)
      const means = await (await this.#evaluator(rows))({ x: stack.x, y: stack.y })
      totals.examples += stack.length
      totals.loss += sum(means.loss) * rows
      totals.accuracy += sum(means.accuracy) * rows
      measures?.add({ output: means.output, target: stack.y, length: stack.length })
    }
    return {
      loss: totals.loss / totals.examples,
      ...(source.classes !== undefined && { accuracy: totals.accuracy / totals.examples }),
      ...measures?.results,
    }
  }

  /** Redo the finite steps before the bad one, then look where it fails. */
  async #diverged(stack: Batch, batchSize: number, { bad, loss }: Failure): Promise<DivergedError> {
    const before = bad > 0 ? await this.#attempt(rows(stack, batchSize, 0, bad), batchSize) : undefined
    const batch = rows(stack, batchSize, bad, bad + 1)
    const at = cuts(batchSize, graphRunsPerStep(this.#options.accumulate))
    let where: string | undefined
    for (const [i, to] of at.slice(1).entries()) {
      const layers = new Map<Tensor, string>()
      const graph = await this.#learner(to - at[i]!)
      const traced = observe(this.model, labelling(layers), () => graph.retrace())
      where ??= await firstNonFinite(
        this.#options.device,
        traced,
        record(rows(batch, 1, at[i]!, to)),
        this.#step,
        (t) => layers.get(t),
      )
    }
    const [step, lr] = [this.#step, this.lr(this.#step)]
    return new DivergedError(
      `train: wanted a finite loss, got ${loss} at step ${step}, lr ${lr}; the first tensor that is not finite ` +
        `is ${where ?? 'the loss'}; lower the rate or warm up longer`,
      step,
      lr,
      before && 'lrs' in before ? before : undefined,
    )
  }

  /**
   * What to feed where the examples are in memory that the graph can read itself: then it is given their numbers alone,
   * and nothing has to be put together here.
   */
  async #residentFeeds({ from }: Batch): Promise<Record<'x' | 'y' | 'rows', Data> | undefined> {
    if (from === undefined || from.dataset !== this.#options.data) return undefined
    if (!(await backendOf(this.#options.device)).sharesMemory) return undefined
    const { x, y } = from.dataset
    return { x: x.data, y: y.data, rows: from.indices }
  }

  /**
   * What a training step of so many examples computes, as a short text: the same in every process and on every device,
   * whatever the weights are. Nothing is compiled for it.
   *
   * @throws {ShapeError} when model, data and loss do not fit together.
   */
  graphFingerprint(batchSize: number): string {
    const { inputs, body } = this.#lesson(batchSize, false)
    return graphFingerprint(traceStep(inputs, body))
  }

  #learner(batchSize: number, resident: boolean = false): Promise<MicroGraph> {
    // A layer that is frozen or thawed between steps makes another graph.
    const frozen = this.#norms.map((norm) => Number(norm.frozen)).join('')
    const key = `${batchSize} ${resident} ${frozen}`
    return once(this.#learners, key, () => this.#compile(this.#lesson(batchSize, resident)))
  }

  /** A training step. */
  #lesson(batchSize: number, resident: boolean): Traceable<'loss'> {
    const watch = new Watch(this.model, this.#options.log)
    const results = (output: Tensor, y: Tensor): Record<'loss', Tensor> => {
      const loss = this.#options.loss(output, y)
      if (graphRunsPerStep(this.#options.accumulate) > 1) {
        this.#accumulation.add(loss)
        return { loss }
      }
      const logs = watch.results(loss, (step) => this.lr(step))
      this.#optimizer.minimize(loss)
      return { loss, ...logs, ...watch.turned() }
    }
    return this.#traceable(batchSize, 'train', results, watch, resident)
  }

  #evaluator(batchSize: number): Promise<EvalGraph> {
    const results = (output: Tensor, y: Tensor): Record<EvalResult, Tensor> => {
      const loss = this.#options.loss(output, y)
      const measured = {
        loss,
        accuracy: this.#options.data.classes === undefined ? loss : accuracy(output, y),
      }
      return (this.#options.metrics ? { ...measured, output } : measured) as Record<EvalResult, Tensor>
    }
    return once(this.#evaluators, batchSize, () => this.#compile(this.#traceable(batchSize, 'eval', results)))
  }

  /** @throws {ShapeError} when labels may be beyond the scores. */
  #checkClasses({ shape }: Tensor): void {
    const { classes } = this.#options.data
    if (classes === undefined || shape.length !== 2 || shape[1]! >= classes) return
    throw new ShapeError(
      `task: wanted a score for each of ${classes} classes, got ${showShape(shape)}; widen the last layer`,
    )
  }

  get #compiling(): CompileOptions {
    const { threads, device } = this.#options
    return { threads, device }
  }

  #compile<Out extends string>({ inputs, body }: Traceable<Out>): Promise<Compiled<'x' | 'y', Out>> {
    return compile(inputs, body, { ...this.#compiling, loop: true })
  }

  #traceable<Out extends string>(
    batchSize: number,
    mode: Mode,
    results: (output: Tensor, y: Tensor) => Record<Out, Tensor>,
    watch: Watch = new Watch(this.model),
    resident: boolean = false,
  ): Traceable<Out> {
    const { data, dtype = 'float32' } = this.#options
    const length = resident && !isStream(data) ? data.length : batchSize
    const spec = ({ shape, dtype }: FieldSpec): InputSpec => ({
      shape: [length, ...shape],
      dtype,
      fixed: resident,
    })
    const rows: Record<string, InputSpec> = resident ? { rows: { shape: [batchSize], dtype: 'int32' } } : {}
    const float = (t: Tensor): Tensor => (t.dtype.startsWith('float') ? cast(t, dtype) : t)
    return {
      inputs: { x: spec(data.x), y: spec(data.y), ...rows },
      body: (given) => {
        const [x, y] = [given.x!, given.y!].map((t) => float(given.rows ? indexSelect(t, 0, given.rows) : t))
        const output = watch.forward(() => this.model.forward(x!, mode))
        this.#checkClasses(output)
        return results(output, y!)
      },
    }
  }
}

/** A step before it is traced. */
interface Traceable<Out extends string> {
  readonly inputs: Readonly<Record<'x' | 'y', InputSpec>> & Readonly<Record<string, InputSpec>>
  readonly body: (given: Record<string, Tensor>) => Record<Out, Tensor>
}

/** Batches that one evaluation call takes: enough to make calls cheap, few enough to stay in the cache. */
const stackSize = 32

const record = ({ x, y }: Batch): Record<'x' | 'y', Data> => ({ x, y })

function once<K, V>(cache: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const known = cache.get(key)
  if (known) return known
  const made = make()
  cache.set(key, made)
  made.catch(() => cache.delete(key)) // a failure is not remembered
  return made
}

function sum(data: Data): number {
  let total = 0
  for (let i = 0; i < data.length; i++) total += Number(data[i])
  return total
}
