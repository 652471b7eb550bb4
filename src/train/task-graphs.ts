import { ShapeError } from '../core/errors.ts'
import type { ValuesOf } from '../core/options.ts'
import { showShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Batch } from '../data/loader.ts'
import { isStream } from '../data/stream.ts'
import type { Mode } from '../nn/module.ts'
import type { BatchNorm } from '../nn/norm/batch-norm.ts'
import { batchNorms } from '../nn/norm/freeze.ts'
import { accuracy } from '../ops/loss.ts'
import type { Attached } from '../optim/attach.ts'
import { backendOf } from '../runtime/device.ts'
import { graphFingerprint } from '../runtime/fingerprint.ts'
import { traceStep } from '../runtime/traced.ts'
import { Accumulation, graphRunsPerStep, type MicroGraph, microBatches } from './accumulation.ts'
import { culpritOf } from './diverged.ts'
import type { EvaluationGraph } from './evaluation.ts'
import { batchFeeds, Graphs } from './graphs.ts'
import { locating } from './locate.ts'
import type { Steps } from './steps.ts'
import type { taskOptions } from './task-options.ts'
import { watched, withAngles } from './watch.ts'

type Fed = Readonly<Record<'x' | 'y', Tensor>>

/** Compiled graphs of a task: to train on a batch or, with `accumulate`, on a micro-batch; and to evaluate. */
export class TaskGraphs {
  readonly #options: ValuesOf<typeof taskOptions>
  readonly #optimizer: Attached
  readonly #norms: readonly BatchNorm[]
  readonly #graphs: Graphs<'x' | 'y'>
  /** Number of micro-batches that each batch is split into; 1 without accumulation. */
  readonly #parts: number
  readonly #accumulation: Accumulation

  constructor(options: ValuesOf<typeof taskOptions>, optimizer: Attached) {
    const { model, data, dtype, threads, device, accumulate } = options
    this.#options = options
    this.#optimizer = optimizer
    this.#norms = [...batchNorms(model).values()]
    this.#graphs = new Graphs({ x: data.x, y: data.y }, { dtype, threads, device, loop: true })
    this.#parts = graphRunsPerStep(accumulate)
    const compile = (length: number): Promise<MicroGraph> => this.#learner(length)
    this.#accumulation = new Accumulation(optimizer, this.#parts, compile, { threads, device })
  }

  /** Compiles the training graph for batches of `batchSize` examples. */
  async prepare(batchSize: number): Promise<void> {
    const { data, device } = this.#options
    const resident = this.#parts === 1 && !isStream(data) && (await backendOf(device)).sharesMemory
    await this.#learner(Math.floor(batchSize / Math.min(this.#parts, batchSize)), resident)
  }

  /** Takes an optimizer step for each batch in a stack (batches, concatenated); the first is number `step`. */
  async learn(
    stack: Batch,
    batchSize: number,
    step: number,
  ): Promise<Required<Pick<Steps, 'losses' | 'logs'>>> {
    const { data, device, log } = this.#options
    if (this.#parts > 1) {
      const { losses, gradientNorm } = await this.#accumulation.learn(stack, batchSize, step)
      return { losses, logs: log.gradientNorm ? { gradientNorm } : {} }
    }
    const { loss, ...logs } = await locating(stack, batchSize, async () => {
      const feeds = await batchFeeds(stack, data, device)
      const graph = await this.#learner(batchSize, 'rows' in feeds)
      return graph(feeds, step)
    })
    return { losses: loss as Steps['losses'], logs: withAngles(logs) }
  }

  /** Returns operator and layer of a training step's first tensor that is not finite, such as `Mul in bn`. */
  async culprit(batch: Batch, step: number): Promise<string | undefined> {
    const { model, device } = this.#options
    for (const part of microBatches(batch, this.#parts)) {
      const found = await culpritOf(await this.#learner(part.length), model, part, step, device)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Returns the evaluation graph for batches of `batchSize` examples. */
  evaluator(batchSize: number): Promise<EvaluationGraph> {
    const { data, loss: lossOf, metrics } = this.#options
    const isMeasured = Object.keys(metrics).length > 0
    return this.#graphs.compiled(`evaluate ${batchSize}`, batchSize, ({ x, y }) => {
      const output = this.#forward(x, 'eval')
      const loss = lossOf(output, y)
      const means = { loss, accuracy: data.classes === undefined ? loss : accuracy(output, y) }
      return { ...means, ...(isMeasured && { output }) } as Record<'loss' | 'accuracy' | 'output', Tensor>
    })
  }

  /** Returns a hash of the training graph for batches of `batchSize` examples, without compiling it. */
  hash(batchSize: number): string {
    const { inputs, body } = this.#graphs.traceable(batchSize, (fed) => this.#trainingStep(fed))
    return graphFingerprint(traceStep(inputs, body))
  }

  #learner(batchSize: number, isResident: boolean = false): Promise<MicroGraph> {
    // Freezing or unfreezing a layer changes the graph.
    const frozen = this.#norms.map((norm) => Number(norm.frozen)).join('')
    const { data } = this.#options
    const resident = isResident && !isStream(data) ? data.length : undefined
    const key = `learn ${batchSize} ${resident} ${frozen}`
    return this.#graphs.compiled(key, batchSize, (fed) => this.#trainingStep(fed), { resident })
  }

  /** Traces an optimizer step on a batch or, with `accumulate`, only loss and gradients of a micro-batch. */
  #trainingStep({ x, y }: Fed): Record<'loss', Tensor> {
    const { model, loss: lossOf, log } = this.#options
    const accumulates = this.#parts > 1
    return watched(
      model,
      accumulates ? {} : log,
      (step) => this.#optimizer.lr(step),
      () => lossOf(this.#forward(x, 'train'), y),
      (loss) => (accumulates ? this.#accumulation.add(loss) : this.#optimizer.minimize(loss)),
    )
  }

  /** Applies the model to `x`. @throws {ShapeError} when it returns fewer scores than there are classes. */
  #forward(x: Tensor, mode: Mode): Tensor {
    const output = this.#options.model.forward(x, mode)
    const { shape } = output
    const { classes } = this.#options.data
    if (classes === undefined || shape.length !== 2 || shape[1]! >= classes) return output
    throw new ShapeError(
      `task: wanted a score for each of ${classes} classes, got ${showShape(shape)}; widen the last layer`,
    )
  }
}
