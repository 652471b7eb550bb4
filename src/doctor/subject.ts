import { type AbortSignalLike, untilAborted } from '../core/abort.ts'
import type { Data } from '../core/dtype.ts'
import { apart } from '../core/exclusive.ts'
import { gradients } from '../core/grad.ts'
import { unchanged } from '../core/snapshot.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import type { Batch, Loader } from '../data/loader.ts'
import type { Mode, Module } from '../nn/module.ts'
import type { Attached } from '../optim/attach.ts'
import { type WeightRule, weightRule } from '../optim/weight-rule.ts'
import type { StepInput } from '../runtime/traced.ts'
import { exampleWeighted } from '../train/example-weighted.ts'
import { checkExperiment, type Experiment, trainingBatches } from '../train/experiment.ts'
import { type BatchOf, batchFields, fieldsOf, Graphs } from '../train/graphs.ts'
import { type Length, runLength } from '../train/length.ts'
import { optimizerFor } from '../train/run-optimizer.ts'
import type { Steps } from '../train/steps.ts'
import type { Task } from '../train/task.ts'
import { checkTask } from '../train/task-options.ts'
import { taskOf } from '../train/train.ts'
import { type InMemory, inMemory } from './in-memory.ts'
import { type Matrix, matrixOf } from './matrix.ts'
import { type Norm, type Structure, structureOf } from './structure.ts'
import { type Turns, turnsOf } from './turns.ts'

/** Loss of a batch, and the gradient of that loss. */
export interface Slope {
  readonly loss: number
  /** dL/dw of each trainable weight w, by the weight's state name. */
  readonly gradient: ReadonlyMap<string, Data>
}

/** Subject of diagnostics: a run, with experiment, trained task and log. Caches what several diagnostics need. */
export class Subject {
  readonly experiment: InMemory
  /** The experiment as the user gave it: schedule lengths may be fractions of the run instead of steps. */
  readonly given: Experiment
  readonly task: Task
  /** Log of every step of the run: losses, learning rates and more; undefined without a log. */
  readonly log: Steps | undefined
  readonly signal: AbortSignalLike | undefined
  readonly #graphs: Graphs<'x' | 'y'>
  readonly #made = new Map<string, unknown>()

  /** @param log log of every step of the run that trained the task @param signal stops between two runs of a graph */
  constructor(experiment: Experiment, task: Task, log?: Steps, signal?: AbortSignalLike) {
    checkExperiment('doctor', experiment)
    checkTask('doctor', task)
    const optimizer = optimizerFor(experiment, task.model)
    this.experiment = { ...inMemory(experiment), optimizer }
    this.given = experiment
    this.task = task
    this.log = log
    this.signal = signal
    const { data, dtype, device, threads } = this.experiment
    this.#graphs = new Graphs(batchFields(data.train), { dtype, device, threads })
  }

  get model(): Module {
    return this.task.model
  }

  /** Number of optimizer steps that the run has taken so far. */
  get steps(): number {
    return this.task.steps
  }

  /** Number of examples per optimizer step. */
  get examples(): number {
    return this.length.examplesPerStep
  }

  /** Length of the planned run in steps and epochs, even if fewer steps were taken. */
  get length(): Length {
    return this.#once('length', () => runLength(this.experiment))
  }

  /** The order of the model's layers in training, found from its graph. */
  get structure(): Structure {
    const { data, batchSize } = this.experiment
    return this.#once('structure', () =>
      structureOf(this.model, data.train.x, Math.min(batchSize, data.train.length)),
    )
  }

  /** All calls, in one forward pass, of BN (batch normalization) layers that keep running statistics. */
  get tracking(): readonly Norm[] {
    return this.structure.norms.filter(({ layer }) => layer.runningMean !== undefined)
  }

  /** Learning rate at each step taken so far, of weights that are in no parameter group. */
  get rates(): Float64Array {
    return this.#once('rates', () =>
      Float64Array.from(this.log?.lrs ?? { length: this.steps }, (rate, step) => rate ?? this.task.lr(step)),
    )
  }

  /** Returns all options, with defaults and parameter groups applied, of the trainable weight with this state name. */
  options(name: string): Readonly<Record<string, unknown>> {
    return this.#attached.options.get(name)!
  }

  /** Returns how the optimizer updates a trainable weight: rate, decay and momentum at each step of the run. */
  rule(name: string): WeightRule {
    const { optimizer } = this.experiment
    return this.#once(`rule ${name}`, () => weightRule(optimizer, this.options(name), this.#factors))
  }

  get #attached(): Attached {
    return this.#once('attached', () => this.experiment.optimizer.attach(this.task.variables))
  }

  /**
   * Whether the optimizer state has only its initial values, as after loading weights without their state. Then
   * further steps differ from the run's own steps, and averages of weights in the state are meaningless.
   */
  get lacksState(): boolean {
    return this.#once('lacks state', () => {
      const { optimizerState } = this.task
      const first = taskOf(this.experiment).optimizerState
      const isInitial = ([name, { data }]: readonly [string, Variable]): boolean =>
        data.every((x, i) => x === first.get(name)!.data[i])
      return optimizerState.size > 0 && [...optimizerState].every(isInitial)
    })
  }

  /** Whether evaluation uses weights other than the trained ones, such as averages that the optimizer keeps. */
  get evaluatesOthers(): boolean {
    return this.#attached.evaluation !== undefined
  }

  /** For each step, the factor by which controllers, such as `reduceOnPlateau`, scaled the scheduled rate. */
  get #factors(): Float64Array {
    return this.#once('factors', () =>
      this.rates.map((rate, step) => {
        const scheduled = this.#attached.lr(step)
        return scheduled > 0 ? rate / scheduled : 1
      }),
    )
  }

  /** Returns the first `count` full training batches of the first epoch, or all of them if there are fewer. */
  batches(count: number, batchSize: number = this.experiment.batchSize): Batch[] {
    const batches: Batch[] = []
    for (const batch of this.training(batchSize).batches(0)) {
      if (batches.length >= count) break
      batches.push(batch)
    }
    return batches
  }

  /** Returns a loader of full training batches, with the same order of examples and transforms as in the run. */
  training(batchSize: number = this.experiment.batchSize): Loader {
    const examples = Math.min(batchSize, this.experiment.data.train.length)
    const loader = trainingBatches(this.experiment, examples, 'drop') as Loader // of data in memory
    return { ...loader, batches: (epoch) => untilAborted(this.signal, loader.batches(epoch)) }
  }

  /** Runs `body`, then restores the task: weights, state, number of steps and the controllers' rate factor. */
  async untouched<T>(body: () => Promise<T>): Promise<T> {
    const { task } = this
    const all = [...task.variables.values(), ...task.optimizerState.values()]
    const [steps, factor] = [task.steps, task.lrFactor]
    try {
      return await unchanged(all, body)
    } finally {
      task.goTo(steps, factor)
    }
  }

  /**
   * Runs a graph, built by `body`, on a batch; compiles it once per `name` and batch size. Afterwards, restores the
   * variables that the graph assigned.
   *
   * @param given values of the graph's inputs other than `x` and `y`
   */
  async compute<Out extends string, More extends string = never>(
    name: string,
    batch: Batch,
    body: (
      fed: Readonly<Record<'x' | 'y' | More, Tensor>> & BatchOf<Tensor>,
    ) => Readonly<Record<Out, Tensor>>,
    given: Readonly<Record<More, StepInput & { readonly data: Data }>> = {} as Record<More, never>,
  ): Promise<Record<Out, Data>> {
    this.signal?.throwIfAborted()
    const { length } = batch
    const graph = await apart(this.task.variables.values(), () =>
      this.#graphs.compiled(`${name} ${length}`, length, body, { more: given }),
    )
    const more = Object.entries<{ readonly data: Data }>(given).map(([key, { data }]) => [key, data])
    return this.untouched(() => graph({ ...fieldsOf(batch), ...Object.fromEntries(more) }, this.steps))
  }

  /** Returns the loss of a batch, in a mode of the model, while a graph is traced. */
  lossOf({ x, y, weights }: BatchOf<Tensor>, mode: Mode): Tensor {
    const { loss: lossOf } = this.experiment
    const output = this.#attached.at(this.steps, () => this.model.forward(x, mode))
    return exampleWeighted(lossOf, { loss: lossOf(output, y), output, y }, x, weights)
  }

  /** Trainable weights of the model by state name. */
  get trained(): ReadonlyMap<string, Variable> {
    return this.task.trained
  }

  /** Returns the loss of a batch in training mode, and the gradient of that loss. */
  async slope(batch: Batch): Promise<Slope> {
    const values = await this.compute('slope', batch, (fed): Record<string, Tensor> => {
      const loss = this.lossOf(fed, 'train')
      const weights = Array.from(this.trained.values(), ({ value }) => value)
      const slopes = gradients(loss, weights)
      return { loss, ...Object.fromEntries(slopes.map((g, i) => [`g${i}`, g])) }
    })
    return {
      loss: Number(values.loss![0]),
      gradient: new Map([...this.trained.keys()].map((name, i) => [name, values[`g${i}`]!])),
    }
  }

  /** Returns loss and gradient at the current weights for each of the first `count` training batches. */
  slopes(count: number): Promise<readonly Slope[]> {
    return this.#once(`slopes ${count}`, async () => {
      const all: Slope[] = []
      for (const batch of this.batches(count)) all.push(await this.slope(batch))
      return all
    })
  }

  /** Returns the weights before BN layers, each with a measure of how scale-invariant its rows are. */
  fedMatrices(): Promise<readonly Matrix[]> {
    return this.#once('matrices', async () => {
      const [slope] = await this.slopes(slopeCount)
      const feeds = this.structure.norms.flatMap(({ fed }) => (fed ? [[fed.weight, fed] as const] : []))
      return Array.from(new Map(feeds).values(), (fed) => matrixOf(fed, this.trained, slope!.gradient))
    })
  }

  /** Returns the weights before BN of which more than half of the rows were measured to be scale-invariant. */
  async invariant(): Promise<readonly Matrix[]> {
    return (await this.fedMatrices()).filter(({ variant }) => variant < 0.5)
  }

  /**
   * Returns, by state name, how each weight with two or more axes is changed by up to 8 steps. The steps start from
   * the current weights and state, at the learning rates of the run's last steps, and are undone afterwards. If
   * `lacksState`, the result is misleading.
   */
  turns(): Promise<ReadonlyMap<string, Turns>> {
    return this.#once('turns', () =>
      this.untouched(async () => {
        const batches = this.batches(8, this.examples)
        this.task.goTo(Math.max(0, this.steps - batches.length), this.task.lrFactor)
        return turnsOf(this.task, batches, this.trained, await this.fedMatrices())
      }),
    )
  }

  /** Returns the value cached under `key`; at the first call with this key, calls `make` to compute it. */
  #once<T>(key: string, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make())
    return this.#made.get(key) as T
  }
}

export const slopeCount = 16 // training batches whose gradients all diagnostics share
