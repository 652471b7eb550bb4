import { allFinite, type Data, isFloat } from '../core/dtype.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import { toOnnx } from '../onnx/model.ts'
import { backendOf, type Device } from './device.ts'
import { feedsOf } from './feeds.ts'
import { isExact, readsOf, rootsOf, type Traced } from './traced.ts'

/**
 * Finds the origin of NaN or ±Infinity in a step by running it with every intermediate tensor as an output.
 * Changes no variable.
 *
 * @param layerOf returns the name of the layer that made a tensor, if any
 * @returns a description, such as `Mul in bn`, of the first tensor, in order of computation, that has such a
 *   value; undefined if all values are finite
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
  const reads = readsOf(traced.inputs, traced.variables, traced.scheduled)
  const backend = await backendOf(device)
  const options = { threads: 1, exact: isExact(traced) }
  const session = await backend.open(toOnnx(new Map(reads), names), options)
  const results = await session.run(values)
  const first = [...names].find(([name]) => !allFinite(results.get(name)!))?.[1]
  return first && `${first.op} ${place(first, layerOf)}`
}

const isLeaf = (t: Tensor): boolean => t.op === 'Input' || t.op === 'Constant'

/** Describes where a tensor is computed: `in` a layer, or else `after` the nearest layer it depends on. */
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
