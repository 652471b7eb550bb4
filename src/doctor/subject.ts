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

/** The loss of a batch and its gradient. */
export interface Slope {
  readonly loss: number
  /** dL/dw of each trained weight, by state name. */
  readonly gradient: ReadonlyMap<string, Data>
}

/** A run under examination: experiment, trained task and log. What several diagnostics need is made once. */
export class Subject {
  readonly experiment: InMemory
  readonly task: Task
  /** What each step logged; undefined when the log was not kept. */
  readonly log: Steps | undefined
  readonly #graphs: Graphs<'x' | 'y'>
  readonly #made = new Map<string, unknown>()

  /** @param log of every step from the first; one that does not fit the task is an error of the caller */
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

  /** Optimizer steps taken. */
  get steps(): number {
    return this.task.steps
  }

  /** Examples that an optimizer step learns from. */
  get examples(): number {
    return this.length.examplesPerStep
  }

  /** The length of the whole run. */
  get length(): Length {
    return this.#once('length', () => runLength(this.experiment))
  }

  get structure(): Structure {
    const { data, batchSize } = this.experiment
    return this.#once('structure', () =>
      structureOf(this.model, data.train.x, Math.min(batchSize, data.train.length)),
    )
  }

  /** The batch normalizations that keep running statistics. */
  get tracking(): readonly Norm[] {
    return this.structure.norms.filter(({ layer }) => layer.runningMean !== undefined)
  }

  /** The learning rate of each step taken, for the weights that are in no group. */
  get rates(): Float64Array {
    return this.#once('rates', () =>
      Float64Array.from(this.log?.lrs ?? { length: this.steps }, (rate, step) => rate ?? this.task.lr(step)),
    )
  }

  /** The optimizer's options for a trained weight, defaults and groups included. */
  options(name: string): Readonly<Record<string, unknown>> {
    return this.#attached.options.get(name)!
  }

  /** How the optimizer changes a trained weight. */
  rule(name: string): WeightRule {
    const { optimizer } = this.experiment
    return this.#once(`rule ${name}`, () => weightRule(optimizer, this.options(name), this.#factors))
  }

  get #attached(): Attached {
    return this.#once('attached', () => this.experiment.optimizer.attach(this.task.variables))
  }

  /**
   * Whether all optimizer state still has its initial value, as without a checkpoint: new steps would differ
   * from the run's, and averages of the weights mean nothing.
   */
  get lacksState(): boolean {
    return this.#once('lacks state', () => {
      const { optimizerState } = this.task
      const first = taskOf(this.experiment).optimizerState
      const asAtFirst = ([name, { data }]: readonly [string, Variable]): boolean =>
        data.every((x, i) => x === first.get(name)!.data[i])
      return optimizerState.size > 0 && [...optimizerState].every(asAtFirst)
    })
  }

  /** Whether evaluation uses other weights, such as averages that the optimizer keeps. */
  get evaluatesOthers(): boolean {
    return this.#attached.evaluation !== undefined
  }

  /** The factor of the scheduled learning rate in each step. */
  get #factors(): Float64Array {
    return this.#once('factors', () =>
      this.rates.map((rate, step) => {
        const scheduled = this.#attached.lr(step)
        return scheduled > 0 ? rate / scheduled : 1
      }),
    )
  }

  /** Up to `count` full training batches, from the first epoch. */
  batches(count: number, batchSize: number = this.experiment.batchSize): Batch[] {
    const batches: Batch[] = []
    for (const batch of this.training(batchSize).batches(0)) {
      if (batches.length >= count) break
      batches.push(batch)
    }
    return batches
  }

  /** The training data in the order of the run, with its transforms. */
  training(batchSize: number = this.experiment.batchSize): Loader {
    const examples = Math.min(batchSize, this.experiment.data.train.length)
    return trainingBatches(this.experiment, examples, 'drop') as Loader // of data in memory
  }

  /** Evaluates the model on up to `most` examples of the validation data. */
  validate(most: number): Promise<Evaluation> {
    const { data, batchSize } = this.experiment
    const part = this.#once(`validation ${most}`, () => evenSubset(data.validation, most))
    return this.task.evaluate(part, { batchSize })
  }

  /** Runs `body`, then restores every variable and the number of steps. */
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
   * Computes something from a batch by a graph that is compiled once for each `name` and batch size. What the
   * graph assigns is put back.
   *
   * @param given what else the graph is fed
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

  /** The trained weights, by state name. */
  get trained(): ReadonlyMap<string, Variable> {
    return this.#once('trained', () => new Map([...variables(this.model)].filter(([, v]) => v.trainable)))
  }

  /** The loss of a batch in training, and its gradient. */
  async slope(batch: Batch): Promise<Slope> {
    const values = await this.compute('slope', batch, ({ x, y }): Record<string, Tensor> => {
      const loss = this.experiment.loss(this.model.forward(x, 'train'), y)
      const slopes = gradients(
        loss,
        [...this.trained.values()].map(({ value }) => value),
      )
      return { loss, ...Object.fromEntries(slopes.map((g, i) => [`g${i}`, g])) }
    })
    return {
      loss: Number(values.loss![0]),
      gradient: new Map([...this.trained.keys()].map((name, i) => [name, values[`g${i}`]!])),
    }
  }

  /** The slopes of the first batches. */
  slopes(count: number): Promise<readonly Slope[]> {
    return this.#once(`slopes ${count}`, async () => {
      const all: Slope[] = []
      for (const batch of this.batches(count)) all.push(await this.slope(batch))
      return all
    })
  }

  /** The weights that feed a batch normalization, with how scale-invariant they are. */
  fedMatrices(): Promise<readonly Matrix[]> {
    return this.#once('matrices', async () => {
      const [slope] = await this.slopes(slopeCount)
      const fed = new Map(
        this.structure.norms.flatMap(({ fed }) => (fed ? [[fed.weight, fed] as const] : [])),
      )
      return [...fed.values()].map((one) => matrixOf(one, this.trained, slope!.gradient))
    })
  }

  /** The weights whose scale does not change the output of the model. */
  async invariant(): Promise<readonly Matrix[]> {
    return (await this.fedMatrices()).filter(({ variant }) => variant < 0.5)
  }

  /**
   * How the last steps of the run changed each weight of two or more axes. They are taken once more, with the
   * current optimizer state, and undone; without the run's state they are other steps, see `lacksState`.
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

  /** Returns what `make` returned at its first call. */
  #once<T>(key: string, make: () => T): T {
    if (!this.#made.has(key)) this.#made.set(key, make())
    return this.#made.get(key) as T
  }
}

/** Number of batches whose gradients all diagnostics share. */
export const slopeCount = 16
