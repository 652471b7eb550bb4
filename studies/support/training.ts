import { compile, type data, nn, ops, type optim, random, type Tensor, type Variable } from 'evenstep'
import type { Float } from './digits.ts'

export interface TrainingOptions<Out extends string> {
  /** Initialized by `seed`, except where it already has values. */
  readonly net: nn.Module
  /** The weights to train, by name; all others stay unchanged. */
  readonly weights: ReadonlyMap<string, Variable>
  readonly optimizer: optim.Optimizer
  readonly dataset: data.Dataset
  readonly batchSize: number
  readonly steps: number
  /** Decides the initial weights and the order of the examples. @default 0 */
  readonly seed?: number
  readonly dtype?: Float
  /** Values to record at each step, besides the loss. */
  readonly watch?: (at: Moment) => Readonly<Record<Out, Tensor>>
}

/** A step being traced. Lists are in the order of the trained weights. */
export interface Moment {
  readonly loss: Tensor
  readonly gradients: readonly Tensor[]
  readonly before: readonly Tensor[]
  readonly after: readonly Tensor[]
}

/** The recorded values of all steps, in order. */
export type Course<Out extends string> = Readonly<Record<Out | 'loss', Float64Array>>

/** Steps per call: enough to amortize the call, few enough to return about every second. */
const stepsAtATime = 250

/** Trains some of a network's weights; returns the loss of each step and whatever else is watched. */
export async function training<Out extends string = never>(
  options: TrainingOptions<Out>,
): Promise<Course<Out>> {
  const { net, dataset, batchSize, steps, seed = 0, dtype = 'float32' } = options
  nn.toDType(nn.initialize(net, seed), dtype)
  const step = await compiled(options, dtype)
  const orders = batches(dataset.length, batchSize, seed)
  const parts: Record<string, ArrayLike<number>[]> = {}
  for (let from = 0; from < steps; from += stepsAtATime) {
    const count = Math.min(stepsAtATime, steps - from)
    const rows = new Int32Array(count * batchSize)
    for (let k = 0; k < count; k++) rows.set(orders.next().value!, k * batchSize)
    const results = await step({ x: dataset.x.data, y: dataset.y.data, rows }, from)
    for (const [name, numbers] of Object.entries(results)) {
      parts[name] = [...(parts[name] ?? []), numbers as Float64Array]
    }
  }
  return Object.fromEntries(
    Object.entries(parts).map(([name, lists]) => [name, joined(lists)]),
  ) as unknown as Course<Out>
}

const compiled = <Out extends string>(
  { net, weights, optimizer, dataset, batchSize, watch }: TrainingOptions<Out>,
  dtype: Float,
) => {
  const attached = optimizer.attach(weights)
  const values = (): readonly Tensor[] => attached.trained.map(({ value }) => value)
  return compile(
    {
      x: { shape: [dataset.length, ...dataset.x.shape], dtype, fixed: true },
      y: { shape: [dataset.length], dtype: 'int32', fixed: true },
      rows: { shape: [batchSize], dtype: 'int32' },
    },
    ({ x, y, rows }: Record<'x' | 'y' | 'rows', Tensor>): Record<string, Tensor> => {
      const logits = net.forward(ops.indexSelect(x, 0, rows), 'train')
      const loss = ops.crossEntropy(logits, ops.indexSelect(y, 0, rows))
      const before = values()
      const gradients = attached.gradients(loss)
      attached.apply(gradients)
      return { ...watch?.({ loss, gradients, before, after: values() }), loss }
    },
    { loop: true, threads: 1 },
  )
}

/** Example indices of each batch: a new order every epoch, without an incomplete last batch. */
export function* batches(count: number, batchSize: number, seed: number): Generator<Int32Array, undefined> {
  for (let epoch = 0; ; epoch++) {
    const order = random(seed, 'epoch', epoch).permutation(count)
    for (let from = 0; from + batchSize <= count; from += batchSize) {
      yield order.subarray(from, from + batchSize)
    }
  }
}

function joined(lists: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(lists.reduce((length, list) => length + list.length, 0))
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  return all
}
