import { type Tensor, topological } from '../core/tensor.ts'
import type { Batch } from '../data/batch.ts'
import { type Call, observe } from '../nn/observe.ts'
import type { Compiled } from '../runtime/compile.ts'
import type { Device } from '../runtime/device.ts'
import { firstNonFinite } from '../runtime/diagnose.ts'
import { fieldsOf } from './graphs.ts'

/**
 * Runs a model's training graph on a batch to find the first computed tensor with a value that is NaN or infinite.
 *
 * @returns operator and layer that computed the tensor, such as `Mul in bn`; undefined when all tensors are finite
 */
export function culpritOf(
  graph: Pick<Compiled<'x' | 'y', string>, 'retrace'>,
  model: object,
  batch: Batch,
  step: number,
  device: Device | undefined,
): Promise<string | undefined> {
  const layers = new Map<Tensor, string>()
  const traced = observe(model, labelling(layers), () => graph.retrace())
  return firstNonFinite(device, traced, fieldsOf(batch), step, (t) => layers.get(t))
}

/** Returns an observer of module calls that records in `layers` the innermost module computing each tensor. */
function labelling(layers: Map<Tensor, string>): (call: Call) => void {
  return ({ name, inputs: [x], output }) => {
    const sources = (t: Tensor): readonly Tensor[] => (t === x || layers.has(t) ? [] : t.inputs)
    for (const t of topological([output], sources)) if (t !== x && !layers.has(t)) layers.set(t, name)
  }
}
