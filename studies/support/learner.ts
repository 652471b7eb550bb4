import { data, type nn, ops, optim, train } from 'evenstep'

export interface LearnerOptions {
  readonly model: nn.Module
  readonly dataset: data.Dataset
  readonly batchSize: number
  /** Momentum of SGD. @default 0 */
  readonly momentum?: number
  /** Regular expression for the names of weights under weight decay. @default none */
  readonly decayed?: string
  /** Average of the weights to keep during training. @default none */
  readonly average?: optim.Average
  /** Clipping of gradients. @default none */
  readonly clip?: optim.Clip
  /** Number of batches per step. @default 1 */
  readonly accumulate?: number
  /** Transform of the training examples. @default none */
  readonly transform?: data.Transform
}

/** One training run. */
export interface Plan {
  /** Decides the initial weights and the order of the data. */
  readonly seed: number
  readonly steps: number
  readonly lr: optim.Hyperparameter
  /** Weight decay on the weights that `decayed` matches. @default 0 */
  readonly weightDecay?: number
  /** Examples to learn from instead of the learner's, of the same shape. */
  readonly dataset?: data.Dataset
}

/** Losses of consecutive steps, up to the step that diverged, if any. */
export interface Part {
  readonly losses: readonly number[]
  readonly diverged: boolean
}

/**
 * Trains one model many times from the start with one compiled step: what differs between runs, such as seeds
 * and rates, is fed.
 */
export class Learner {
  readonly task: train.Task
  readonly #dataset: data.Dataset
  readonly #batchSize: number
  readonly #transform: data.Transform | undefined
  #plan: Plan = { seed: 0, steps: 0, lr: 0 }

  constructor({ model, dataset, batchSize, momentum = 0, decayed, average, ...more }: LearnerOptions) {
    const { clip, accumulate = 1, transform } = more
    this.#dataset = dataset
    this.#batchSize = batchSize * accumulate
    this.#transform = transform
    const decay = (match: string) => ({ match, weightDecay: () => this.#plan.weightDecay ?? 0 })
    this.task = new train.Task({
      model,
      loss: ops.crossEntropy,
      data: dataset,
      threads: 1,
      accumulate,
      optimizer: optim.sgd({
        lr: (step) => valueAt(this.#plan.lr, step),
        momentum,
        ...(decayed !== undefined && { groups: [decay(decayed)] }),
        ...(average && { average }),
        ...(clip && { clip }),
      }),
    })
  }

  /**
   * Trains from the start and yields after every `stepsAPart` steps. A run whose loss is not finite or above
   * 1000, as in Bjorck et al. 2018, has diverged and ends.
   */
  async *parts(plan: Plan, stepsAPart: number = 50): AsyncGenerator<Part> {
    const { task } = this
    this.#plan = plan
    for (const variable of [...task.variables.values(), ...task.optimizerState.values()]) {
      variable.initialize(plan.seed)
    }
    task.goTo(0, 1)
    for (const stack of this.#stacks(plan, stepsAPart)) {
      const part = await partOf(task, stack, this.#batchSize)
      yield part
      if (part.diverged) return
    }
  }

  /** The batches of a run in the order of its seed, stacked for calls of `atOnce` steps. */
  *#stacks({ seed, steps, dataset = this.#dataset }: Plan, atOnce: number): Generator<data.Batch> {
    const batchSize = this.#batchSize
    const transform = this.#transform ? { transform: this.#transform } : {}
    const loader = data.loader(dataset, { batchSize, seed, last: 'drop', ...transform })
    for (let epoch = 0, left = steps; left > 0; epoch++) {
      for (const stack of loader.stacks(epoch, () => Math.min(left, atOnce))) {
        yield stack
        left -= stack.length / batchSize
        if (left === 0) return
      }
    }
  }

  /** Trains from start to end. */
  async learn(plan: Plan): Promise<Part> {
    const parts: Part[] = []
    for await (const part of this.parts(plan)) parts.push(part)
    return { losses: parts.flatMap(({ losses }) => losses), diverged: parts.some(({ diverged }) => diverged) }
  }

  /** Loss and accuracy in `eval` mode. */
  measure(dataset: data.Dataset): Promise<train.Evaluation> {
    return this.task.evaluate(dataset, { batchSize: 500 })
  }

  /** Accuracy in percent after a run; 10, the accuracy of guessing, if it diverged. */
  async score(plan: Plan, dataset: data.Dataset) {
    const { diverged } = await this.learn(plan)
    return { accuracy: diverged ? 10 : 100 * (await this.measure(dataset)).accuracy!, diverged }
  }
}

const valueAt = (value: optim.Hyperparameter, step: number): number =>
  typeof value === 'number' ? value : value(step)

async function partOf(task: train.Task, stack: data.Batch, batchSize: number): Promise<Part> {
  try {
    const losses = Array.from((await task.learn(stack, batchSize)).losses)
    const end = losses.findIndex((loss) => loss > 1e3)
    return { losses: end < 0 ? losses : losses.slice(0, end), diverged: end >= 0 }
  } catch (error) {
    if (error instanceof train.DivergedError) return { losses: [], diverged: true }
    throw error
  }
}
