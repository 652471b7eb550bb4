import { type Compiled, compile, type data, gradients, nn, ops, type Tensor, type Variable } from 'evenstep'
import { length } from './length.ts'
import { batches } from './training.ts'

export interface DescentOptions {
  readonly net: nn.Module
  /** The weights to train; all others keep their initial values. */
  readonly weights: readonly Variable[]
  readonly dataset: data.Dataset
  /** Examples per batch. @default all of them, in order */
  readonly batchSize?: number
  /** Projects a weight after each step, for example onto a sphere. */
  readonly project?: (w: Tensor) => Tensor
}

/** For each step: the loss before it, ‖g‖ in it and ‖w‖ after it, over all trained weights together. */
export type Path = Readonly<Record<'loss' | 'slope' | 'size', Float32Array>>

const stepsAtATime = 100

/** Plain gradient descent, `w ← project(w − lr · g)`: many runs from the start with one compiled step. */
export class Descent {
  readonly #options: DescentOptions
  readonly #step: Compiled<'x' | 'y' | 'rows' | 'lr', keyof Path>

  private constructor(options: DescentOptions, step: Compiled<'x' | 'y' | 'rows' | 'lr', keyof Path>) {
    this.#options = options
    this.#step = step
  }

  static async of(options: DescentOptions): Promise<Descent> {
    const { net, weights, dataset, batchSize, project = (w) => w } = options
    const { x, y } = dataset
    nn.initialize(net, 0)
    const rowsOf = (t: Tensor, rows: Tensor): Tensor =>
      batchSize === undefined ? t : ops.indexSelect(t, 0, rows)
    const step = await compile(
      {
        x: { shape: [dataset.length, ...x.shape], dtype: x.dtype, fixed: true },
        y: { shape: [dataset.length], dtype: y.dtype, fixed: true },
        rows: { shape: [batchSize ?? 1], dtype: 'int32' },
        lr: { shape: [] },
      },
      ({ x, y, rows, lr }: Record<'x' | 'y' | 'rows' | 'lr', Tensor>) => {
        const loss = ops.crossEntropy(net.forward(rowsOf(x, rows), 'train'), rowsOf(y, rows))
        const g = gradients(
          loss,
          weights.map(({ value }) => value),
        )
        for (const [i, w] of weights.entries()) w.assign(project(ops.sub(w.value, ops.mul(g[i]!, lr))))
        return { loss, slope: length(g), size: length(weights.map(({ value }) => value)) }
      },
      { loop: true, threads: 1 },
    )
    return new Descent(options, step)
  }

  /** Runs from the initial weights and the order of `seed`; continues even after the loss is not finite. */
  async run({
    seed,
    steps,
    lr,
  }: {
    readonly seed: number
    readonly steps: number
    readonly lr: number
  }): Promise<Path> {
    const { net, dataset, batchSize = 1 } = this.#options
    const { x, y } = dataset
    for (const variable of nn.variables(net).values()) variable.initialize(seed)
    const path = {
      loss: new Float32Array(steps),
      slope: new Float32Array(steps),
      size: new Float32Array(steps),
    }
    const orders = batches(dataset.length, batchSize, seed)
    for (let from = 0; from < steps; from += stepsAtATime) {
      const count = Math.min(stepsAtATime, steps - from)
      const rows = new Int32Array(count * batchSize)
      for (let k = 0; k < count; k++) rows.set(orders.next().value!, k * batchSize)
      const found = await this.#step({ x: x.data, y: y.data, rows, lr: new Float32Array(count).fill(lr) })
      for (const key of ['loss', 'slope', 'size'] as const) path[key].set(found[key] as Float32Array, from)
    }
    return path
  }
}
