import type { Data } from '../core/dtype.ts'
import { gradients } from '../core/grad.ts'
import { unchanged } from '../core/snapshot.ts'
import { variables } from '../core/state.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import type { Batch, Loader } from '../data/loader.ts'
import type { Module } from '../nn/module.ts'
import type { Attached } from '../optim/attach.ts'
import { type WeightRule, weightRule } from '../optim/weight-rule.ts'
import type { InputSpec } from '../runtime/traced.ts'
import { type Experiment, trainingBatches } from '../train/experiment.ts'
import { Graphs } from '../train/graphs.ts'
import { type Length, runLength } from '../train/length.ts'
import { optimizerFor } from '../train/run-optimizer.ts'
import type { Steps } from '../train/steps.ts'
import type { Task } from '../train/task.ts'
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

/** The run that diagnostics examine: experiment, trained task and log. Caches what several diagnostics need. */
export class Subject {
  readonly experiment: InMemory
  /** The experiment as it was given: lengths in its schedules may be fractions of the run. */
  readonly given: Experiment
  readonly task: Task
  /** Log of every step of the run: losses, learning rates and more; undefined when there is no log. */
  readonly log: Steps | undefined
  readonly #graphs: Graphs<'x' | 'y'>
  readonly #made = new Map<string, unknown>()

  /** @param log losses, learning rates and more of every step from the first, of the same run as the task */
  constructor(experiment: Experiment, task: Task, log?: Steps) {
    const optimizer = optimizerFor(experiment, task.model)
    this.experiment = { ...inMemory(experiment), optimizer }
    this.given = experiment
    this.task = task
    this.log = log
    const { data, dtype, device, threads } = this.experiment
    this.#graphs = new Graphs({ x: data.train.x, y: data.train.y }, { dtype, device, threads })
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

  /** Length of the complete run as the experiment plans it, in steps and epochs. */
  get length(): Length {
    return this.#once('length', () => runLength(this.experiment))
  }

  /** How the model's layers follow each other in training. */
  get structure(): Structure {
    const { data, batchSize } = this.experiment
    return this.#once('structure', () =>
      structureOf(this.model, data.train.x, Math.min(batchSize, data.train.length)),
    )
  }

  /** Every forward call of a BN layer that keeps running statistics. */
  get tracking(): readonly Norm[] {
    return this.structure.norms.filter(({ layer }) => layer.runningMean !== undefined)
  }

  /** Learning rate of each step taken, of weights that are in no parameter group. */
  get rates(): Float64Array {
    return this.#once('rates', () =>
      Float64Array.from(this.log?.lrs ?? { length: this.steps }, (rate, step) => rate ?? this.task.lr(step)),
    )
  }

  /** Returns all options of the trainable weight of this state name, with defaults and its groups applied. */
  options(name: string): Readonly<Record<string, unknown>> {
    return this.#attached.options.get(name)!
  }

  /** Returns how the optimizer updates a trainable weight over the run: its rates, decay and momentum. */
  rule(name: string): WeightRule {
    const { optimizer } = this.experiment
    return this.#once(`rule ${name}`, () => weightRule(optimizer, this.options(name), this.#factors))
  }

  get #attached(): Attached {
    return this.#once('attached', () => this.experiment.optimizer.attach(this.task.variables))
  }

  /**
   * Whether the optimizer state still has its initial values, as when weights were loaded without that state.
   * Further steps then differ from the run's own, and averages of the weights are meaningless.
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

  /** Whether evaluation uses other weights than training does, such as averages that the optimizer keeps. */
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

  /** Returns the first `count` full batches of the first epoch, or all if there are fewer. */
  batches(count: number, batchSize: number = this.experiment.batchSize): Batch[] {
    const batches: Batch[] = []
    for (const batch of this.training(batchSize).batches(0)) {
      if (batches.length >= count) break
      batches.push(batch)
    }
    return batches
  }

  /** Returns a loader of full training batches, with the order of examples and the transforms of the run. */
  training(batchSize: number = this.experiment.batchSize): Loader {
    const examples = Math.min(batchSize, this.experiment.data.train.length)
    return trainingBatches(this.experiment, examples, 'drop') as Loader // of data in memory
  }

  /** Runs `body`, then restores all weights and state, the number of steps and the controllers' rate factor. */
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
   * Runs the graph that `body` builds on a batch, compiling it once per `name` and batch size. Restores the
   * variables that the graph assigns.
   *
   * @param given further inputs of the graph besides `x` and `y`, with their values
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

  /** Trainable weights of the model by state name. */
  get trained(): ReadonlyMap<string, Variable> {
    return this.#once('trained', () => new Map([...variables(this.model)].filter(([, v]) => v.trainable)))
  }

  /** Returns the loss of a batch in training mode, and the gradient of that loss. */
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

  /** Returns the loss and gradient of each of the first `count` training batches, at the current weights. */
  slopes(count: number): Promise<readonly Slope[]> {
    return this.#once(`slopes ${count}`, async () => {
      const all: Slope[] = []
      for (const batch of this.batches(count)) all.push(await this.slope(batch))
      return all
    })
  }

  /** Returns the weights that feed a BN layer, with a measure of how scale-invariant they are. */
  fedMatrices(): Promise<readonly Matrix[]> {
    return this.#once('matrices', async () => {
      const [slope] = await this.slopes(slopeCount)
      const feeds = this.structure.norms.flatMap(({ fed }) => (fed ? [[fed.weight, fed] as const] : []))
      return Array.from(new Map(feeds).values(), (fed) => matrixOf(fed, this.trained, slope!.gradient))
    })
  }

  /** Returns the weights before BN that, in more than half of their rows, are indeed scale-invariant. */
  async invariant(): Promise<readonly Matrix[]> {
    return (await this.fedMatrices()).filter(({ variant }) => variant < 0.5)
  }

  /**
   * Returns how up to 8 steps at the end of the run change each weight of two or more axes, by state name.
   * Starts from the current weights and state, and undoes the steps. If `lacksState`, the result is misleading.
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

  /** Returns the value cached under `key`; at the first call, `make` computes it. */
  #once<T>(key: string, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make())
    return this.#made.get(key) as T
  }
}

/** Number of training batches whose gradients all diagnostics share. */
export const slopeCount = 16
