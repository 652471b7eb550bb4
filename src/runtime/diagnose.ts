import { allFinite, type Data, isFloat } from '../core/dtype.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { backendOf, type Device } from './device.ts'
import { feedsOf } from './feeds.ts'
import type { HostTensor } from './session.ts'
import { isExact, readsOf, rootsOf, type Traced } from './traced.ts'

/**
 * The origin of NaNs or infinities in a step: the first tensor, in the order of computation, that holds one,
 * such as `Mul in bn`; undefined if all are finite.
 *
 * Runs the step once on the variables' current numbers, with every intermediate tensor as a result. Changes
 * nothing.
 *
 * @param layerOf the layer that made a tensor, if any
 */
export async function firstNonFinite(
  device: Device | undefined,
  traced: Traced,
  feeds: Readonly<Record<string, Data>>,
  step: number,
  layerOf: (t: Tensor) => string | undefined,
): Promise<string | undefined> {
  const values = feedsOf(traced, feeds, step, false)
  const given = [...values].find(([, value]) => !allFinite(value.data))
  if (given) return given[0].replace(/^input:|#\d+$/g, '')

  const order = topological(rootsOf(traced)).filter((t) => isFloat(t.dtype) && !isLeaf(t))
  const names = new Map(order.map((t, i) => [`t${i}`, t]))
  const results = await runAll(device, traced, names, values)
  const first = [...names].find(([name]) => !allFinite(results.get(name)!))?.[1]
  return first && `${first.op} ${place(first, layerOf)}`
}

async function runAll(
  device: Device | undefined,
  traced: Traced,
  outputs: ReadonlyMap<string, Tensor>,
  values: ReadonlyMap<string, HostTensor>,
): Promise<ReadonlyMap<string, Data>> {
  const { inputs, variables, scheduled } = traced
  const reads = [...readsOf(inputs), ...readsOf(variables), ...readsOf(scheduled)]
  const backend = await backendOf(device)
  const session = await backend.open(toOnnx(new Map(reads), outputs), {
    threads: 1,
    exact: isExact(traced),
  })
  return session.run(values)
}

const isLeaf = (t: Tensor): boolean => t.op === 'Input' || t.op === 'Constant'

/** The layer of a tensor, or the nearest one upstream. */
function place(tensor: Tensor, layerOf: (t: Tensor) => string | undefined): string {
  const own = layerOf(tensor)
  if (own) return `in ${own}`
  const queue = new Set([tensor])
  for (const t of queue) {
    const near = layerOf(t)
    if (near) return `after ${near}`
    for (const source of t.inputs) queue.add(source)
  }
  return 'outside of any layer'
}
