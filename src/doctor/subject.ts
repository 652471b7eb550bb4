import type { Data } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { unchanged } from '../core/snapshot.ts'
import type { Tensor } from '../core/tensor.ts'
import { type Variable, variables } from '../core/variable.ts'
import type { Batch, Loader } from '../data/loader.ts'
import type { Module } from '../nn/module.ts'
import type { Attached } from '../optim/attach.ts'
import { type WeightRule, weightRule } from '../optim/weight-rule.ts'
import type { InputSpec } from '../runtime/traced.ts'
import type { Evaluation } from '../train/evaluation.ts'
import { type Experiment, trainingBatches } from '../train/experiment.ts'
import { Graphs } from '../train/graphs.ts'
import { type Length, runLength } from '../train/length.ts'
import type { Steps } from '../train/steps.ts'
import type { Task } from '../train/task.ts'
import { taskOf } from '../train/train.ts'
import { evenSubset, type InMemory, inMemory } from './in-memory.ts'
import { type Matrix, matrixOf } from './matrix.ts'
import { type Norm, type Structure, structureOf } from './structure.ts'
import { type Turns, turnsOf } from './turns.ts'

/** Loss of a batch and its gradient. */
export interface Slope {
  readonly loss: number
  /** dL/dw of each trainable weight, by state name. */
  readonly gradient: ReadonlyMap<string, Data>
}

/** A run to examine: experiment, trained task and log. Caches quantities that several diagnostics need. */
export class Subject {
  readonly experiment: InMemory
  readonly task: Task
  /** Logged quantities of every step; undefined when there is no log. */
  readonly log: Steps | undefined
  readonly #graphs: Graphs<'x' | 'y'>
  readonly #made = new Map<string, unknown>()

  /** @param log logged quantities of every step from the first; must be of the same run as the task */
  constructor(experiment: Experiment, task: Task, log?: Steps) {
    this.experiment = inMemory(experiment)
    this.task = task
    this.log = log
    const { data, dtype, device, threads } = this.experiment
    this.#graphs = new Graphs({ x: data.train.x, y: data.train.y }, { dtype, device, threads })
  }

  get model(): Module {
    return this.task.model
  }

  /** Number of optimizer steps taken. */
  get steps(): number {
    return this.task.steps
  }

  /** Number of examples per optimizer step. */
  get examples(): number {
    return this.length.examplesPerStep
  }

  /** Length of the complete run. */
  get length(): Length {
    return this.#once('length', () => runLength(this.experiment))
  }

  /** Order of the model's layers in training. */
  get structure(): Structure {
    const { data, batchSize } = this.experiment
    return this.#once('structure', () =>
      structureOf(this.model, data.train.x, Math.min(batchSize, data.train.length)),
    )
  }

  /** Calls of the batch normalizations that have running statistics. */
  get tracking(): readonly Norm[] {
    return this.structure.norms.filter(({ layer }) => layer.runningMean !== undefined)
  }

  /** Learning rate of each step taken, for weights outside of parameter groups. */
  get rates(): Float64Array {
    return this.#once('rates', () =>
      Float64Array.from(this.log?.lrs ?? { length: this.steps }, (rate, step) => rate ?? this.task.lr(step)),
    )
  }

  /** Returns the optimizer's options for a trainable weight, with defaults and its group's options applied. */
  options(name: string): Readonly<Record<string, unknown>> {
    return this.#attached.options.get(name)!
  }

  /** Returns the update rule of a trainable weight. */
  rule(name: string): WeightRule {
    const { optimizer } = this.experiment
    return this.#once(`rule ${name}`, () => weightRule(optimizer, this.options(name), this.#factors))
  }

  get #attached(): Attached {
    return this.#once('attached', () => this.experiment.optimizer.attach(this.task.variables))
  }

  /**
   * Whether the optimizer state still has its initial values, as for weights loaded without a checkpoint.
   * Further steps then differ from those of the run, and averages of the weights are meaningless.
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

  /** Whether evaluation uses other weights than training, such as averages kept by the optimizer. */
  get evaluatesOthers(): boolean {
    return this.#attached.evaluation !== undefined
  }

  /** Factor by which controllers scaled the scheduled learning rate in each step. */
  get #factors(): Float64Array {
    return this.#once('factors', () =>
      this.rates.map((rate, step) => {
        const scheduled = this.#attached.lr(step)
        return scheduled > 0 ? rate / scheduled : 1
      }),
    )
  }

  /** Returns up to `count` full training batches of the first epoch. */
  batches(count: number, batchSize: number = this.experiment.batchSize): Batch[] {
    const batches: Batch[] = []
    for (const batch of this.training(batchSize).batches(0)) {
      if (batches.length >= count) break
      batches.push(batch)
    }
    return batches
  }

  /** Returns a loader of the training data in the run's order, with its transforms. */
  training(batchSize: number = this.experiment.batchSize): Loader {
    const examples = Math.min(batchSize, this.experiment.data.train.length)
    return trainingBatches(this.experiment, examples, 'drop') as Loader // of data in memory
  }

  /** Evaluates the model on at most `most` validation examples. */
  validate(most: number): Promise<Evaluation> {
    const { data, batchSize } = this.experiment
    const subset = this.#once(`validation ${most}`, () => evenSubset(data.validation, most))
    return this.task.evaluate(subset, { batchSize })
  }

  /** Runs `body`, then restores every variable, the number of steps and the learning-rate factor. */
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
   * Runs a graph on a batch; it is compiled once per `name` and batch size. Restores the variables that the
   * graph assigns.
   *
   * @param given further inputs of the graph, with their values
   */
  async compute<Out extends string, More extends string = never>(
    name: string,
    { x, y, length }: Batch,
    body: (fed: Readonly<Record<'x' | 'y' | More, Tensor>>) => Readonly<Record<Out, Tensor>>,
    given: Readonly<Record<More, InputSpec & { readonly data: Data }>> = {} as Record<More, never>,
  ): Promise<Record<Out, Data>> {
    const graph = await this.#graphs.compiled(`${name} ${length}`, length, body, { more: given })
    const more = Object.entries<{ readonly data: Data }>(given).map(([key, { data }]) => [key, data])
    return this.untouched(() => graph({ x, y, ...Object.fromEntries(more) }, this.steps))
  }

  /** Trainable weights by state name. */
  get trained(): ReadonlyMap<string, Variable> {
    return this.#once('trained', () => new Map([...variables(this.model)].filter(([, v]) => v.trainable)))
  }

  /** Returns the loss of a batch in training mode and its gradient. */
  async slope(batch: Batch): Promise<Slope> {
    const values = await this.compute('slope', batch, ({ x, y }): Record<string, Tensor> => {
      const loss = this.experiment.loss(this.model.forward(x, 'train'), y)
      const weights = Array.from(this.trained.values(), ({ value }) => value)
      const slopes = gradients(loss, weights)
      return { loss, ...Object.fromEntries(slopes.map((g, i) => [`g${i}`, g])) }
    })
    return {
      loss: Number(values.loss![0]),
      gradient: new Map([...this.trained.keys()].map((name, i) => [name, values[`g${i}`]!])),
    }
  }

  /** Returns loss and gradient of each of the first `count` batches. */
  slopes(count: number): Promise<readonly Slope[]> {
    return this.#once(`slopes ${count}`, async () => {
      const all: Slope[] = []
      for (const batch of this.batches(count)) all.push(await this.slope(batch))
      return all
    })
  }

  /** Returns the weights that feed a batch normalization, with a measure of their scale invariance. */
  fedMatrices(): Promise<readonly Matrix[]> {
    return this.#once('matrices', async () => {
      const [slope] = await this.slopes(slopeCount)
      const feeds = this.structure.norms.flatMap(({ fed }) => (fed ? [[fed.weight, fed] as const] : []))
      return Array.from(new Map(feeds).values(), (fed) => matrixOf(fed, this.trained, slope!.gradient))
    })
  }

  /** Returns the weights whose scale does not affect the output of the model. */
  async invariant(): Promise<readonly Matrix[]> {
    return (await this.fedMatrices()).filter(({ variant }) => variant < 0.5)
  }

  /**
   * Returns how the run's last steps changed each weight with two or more axes. Takes these steps again with
   * the current optimizer state, then undoes them; if `lacksState`, they differ from the run's steps.
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

  /** Returns the cached value of `key`, made by `make` at the first call. */
  #once<T>(key: string, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make())
    return this.#made.get(key) as T
  }
}

/** Number of batches whose gradients are computed once for all diagnostics. */
export const slopeCount = 16
