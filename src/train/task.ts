import type { Data } from '../core/dtype.ts'
import { EvenstepError } from '../core/errors.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { type Variable, variables } from '../core/variable.ts'
import type { Dataset, Field } from '../data/dataset.ts'
import { type Batch, loader } from '../data/loader.ts'
import type { BatchNorm } from '../nn/batch-norm.ts'
import { batchNorms } from '../nn/freeze.ts'
import { initialize, toDType } from '../nn/initialize.ts'
import type { Mode, Module } from '../nn/module.ts'
import { type Call, observe } from '../nn/observe.ts'
import { cast } from '../ops/compare.ts'
import { accuracy, type Loss } from '../ops/loss.ts'
import type { Attached, Optimizer } from '../optim/optimizer.ts'
import { type Compiled, compile } from '../runtime/compile.ts'
import type { Device } from '../runtime/device.ts'
import { firstNonFinite } from '../runtime/diagnose.ts'

export interface TaskOptions {
  readonly model: Module
  readonly loss: Loss
  readonly optimizer: Optimizer
  /** Examples like those that will be fed: their shapes and types are read, not their numbers. */
  readonly data: Dataset
  /** Seeds the first weights of a model that has none; 0 unless given. */
  readonly seed?: number
  /** What to compute in; float32 unless given. float64 is for verification, and slower. */
  readonly dtype?: 'float32' | 'float64'
  /** Threads an operator may use; chosen from the work in the graph unless given. */
  readonly threads?: number | undefined
  /** Where to compute; the CPU unless given. */
  readonly device?: Device | undefined
}

/** What steps did: the loss of each batch before its update, and the rate that the update used. */
export interface Steps {
  readonly losses: Float32Array | Float64Array
  readonly lrs: Float64Array
}

/** Means over the examples of a data set. `accuracy` is there when the data are labelled. */
export interface Evaluation {
  readonly loss: number
  readonly accuracy?: number
}

type StepGraph = Compiled<'x' | 'y', 'loss'>
type EvalGraph = Compiled<'x' | 'y', 'loss' | 'accuracy'>

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
  readonly #learners = new Map<string, Promise<StepGraph>>()
  readonly #evaluators = new Map<number, Promise<EvalGraph>>()
  #step = 0
  #lrFactor = 1

  constructor(options: TaskOptions) {
    const { model, optimizer, seed = 0, dtype = 'float32' } = options
    this.#options = options
    this.model = toDType(initialize(model, seed), dtype)
    this.#optimizer = optimizer.attach(variables(model), () => this.#lrFactor)
    this.#norms = [...batchNorms(model).values()]
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

  /** The learning rate that a step has, counted from 0, as things stand. */
  lr(step: number): number {
    return this.#optimizer.lr(step)
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
   * many single steps.
   *
   * @throws {DivergedError} at the first loss that is not finite; the weights are those before its step.
   */
  async learn(stack: Batch, batchSize: number): Promise<Steps> {
    const graph = await this.#learner(batchSize)
    const before = snapshot(graph)
    const { loss } = await graph({ x: stack.x, y: stack.y }, this.#step)
    const losses = loss as Float32Array | Float64Array
    const bad = losses.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) {
      for (const [variable, data] of before) variable.data = data
      throw await this.#diverged(graph, stack, batchSize, bad, losses[bad]!)
    }
    const lrs = Float64Array.from(losses, (_, k) => this.lr(this.#step + k))
    this.#step += losses.length
    return { losses, lrs }
  }

  /** The model on a whole data set, in evaluation mode. Changes nothing. */
  async evaluate(
    dataset: Dataset,
    { batchSize = 64 }: { readonly batchSize?: number } = {},
  ): Promise<Evaluation> {
    const totals = { loss: 0, accuracy: 0 }
    for (const stack of loader(dataset, { batchSize }).stacks(0, () => stackSize)) {
      const rows = Math.min(batchSize, stack.length)
      const means = await (await this.#evaluator(rows))({ x: stack.x, y: stack.y })
      totals.loss += sum(means.loss) * rows
      totals.accuracy += sum(means.accuracy) * rows
    }
    const loss = totals.loss / dataset.length
    return dataset.classes === undefined ? { loss } : { loss, accuracy: totals.accuracy / dataset.length }
  }

  /** Redo the finite steps before the bad one, then look where it fails. */
  async #diverged(
    graph: StepGraph,
    stack: Batch,
    batchSize: number,
    bad: number,
    loss: number,
  ): Promise<DivergedError> {
    if (bad > 0) await graph(rows(stack, batchSize, 0, bad), this.#step)
    this.#step += bad
    const layers = new Map<Tensor, string>()
    const traced = observe(this.model, labelling(layers), () => graph.retrace())
    const feeds = rows(stack, batchSize, bad, bad + 1)
    const where = await firstNonFinite(this.#options.device, traced, feeds, this.#step, (t) => layers.get(t))
    return new DivergedError(this.#step, this.lr(this.#step), loss, where ?? 'the loss')
  }

  #learner(batchSize: number): Promise<StepGraph> {
    // A layer that is frozen or thawed between steps makes another graph.
    const frozen = this.#norms.map((norm) => Number(norm.frozen)).join('')
    return once(this.#learners, `${batchSize} ${frozen}`, () =>
      this.#compile(batchSize, 'train', (output, y) => {
        const loss = this.#options.loss(output, y)
        this.#optimizer.minimize(loss)
        return { loss }
      }),
    )
  }

  #evaluator(batchSize: number): Promise<EvalGraph> {
    return once(this.#evaluators, batchSize, () =>
      this.#compile(batchSize, 'eval', (output, y) => {
        const loss = this.#options.loss(output, y)
        return { loss, accuracy: this.#options.data.classes === undefined ? loss : accuracy(output, y) }
      }),
    )
  }

  #compile<Out extends string>(
    batchSize: number,
    mode: Mode,
    results: (output: Tensor, y: Tensor) => Record<Out, Tensor>,
  ): Promise<Compiled<'x' | 'y', Out>> {
    const { data, threads, device, dtype = 'float32' } = this.#options
    const spec = ({ shape, dtype }: Field): { shape: number[]; dtype: Field['dtype'] } => ({
      shape: [batchSize, ...shape],
      dtype,
    })
    const float = (t: Tensor): Tensor => (t.dtype.startsWith('float') ? cast(t, dtype) : t)
    return compile(
      { x: spec(data.x), y: spec(data.y) },
      ({ x, y }) => results(this.model.forward(float(x), mode), float(y)),
      { loop: true, device, threads },
    )
  }
}

/** Batches that one evaluation call takes: enough to make calls cheap, few enough to stay in the cache. */
const stackSize = 32

/** A loss became NaN or infinite. */
export class DivergedError extends EvenstepError {
  override readonly name = 'DivergedError'
  /** The step, from 0, whose loss was not finite. */
  readonly step: number
  readonly lr: number

  constructor(step: number, lr: number, loss: number, where: string) {
    super(
      `train: wanted a finite loss, got ${loss} at step ${step}, lr ${lr}; the first tensor that is not finite ` +
        `is ${where}; lower the rate or warm up longer`,
    )
    this.step = step
    this.lr = lr
  }
}

/** Labels the tensors that a module made with its path; inner modules come first. */
function labelling(layers: Map<Tensor, string>): (call: Call) => void {
  return ({ name, inputs: [x], output }) => {
    const sources = (t: Tensor): readonly Tensor[] => (t === x || layers.has(t) ? [] : t.inputs)
    for (const t of topological([output], sources)) if (t !== x && !layers.has(t)) layers.set(t, name)
  }
}

/** What the variables that a step assigns hold now. The arrays are never written to, only replaced. */
const snapshot = (graph: StepGraph): [Variable, Data][] =>
  [...graph.traced.variables.values()].flatMap(({ variable, written }): [Variable, Data][] =>
    written ? [[variable, variable.data]] : [],
  )

/** Some of the batches in a stack. */
function rows(stack: Batch, batchSize: number, from: number, to: number): Pick<Batch, 'x' | 'y'> {
  const part = (data: Data): Data => {
    const size = (data.length / stack.length) * batchSize
    return data.slice(from * size, to * size)
  }
  return { x: part(stack.x), y: part(stack.y) }
}

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
