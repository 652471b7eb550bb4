import { NotFiniteError } from '../core/errors.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import type { Batch } from '../data/batch.ts'
import { type Call, observe } from '../nn/observe.ts'
import type { Compiled } from '../runtime/compile.ts'
import type { Device } from '../runtime/device.ts'
import { firstNonFinite } from '../runtime/diagnose.ts'
import { fieldsOf } from './graphs.ts'
import type { Steps } from './steps.ts'

/** Error thrown when a loss becomes NaN or infinite. */
export class DivergedError extends NotFiniteError {
  override readonly name = 'DivergedError'
  /** Number, from 0, of the step whose loss is not finite; if a validation loss is not, of the last step before it. */
  readonly step: number
  /** Learning rate of step `step`. */
  readonly lr: number
  /** Results of the earlier steps in the call that threw this error; undefined when there were none. */
  readonly before: Steps | undefined

  constructor(message: string, step: number, lr: number, before?: Steps) {
    super(message)
    this.step = step
    this.lr = lr
    this.before = before
  }
}

/** Returns why the loss of a batch is 0/0, and what to do. */
export function emptyBatch({ weights }: Batch): string {
  const none = weights ? 'no example of the batch has a weight above 0' : 'no label of the batch counts'
  const those = weights ? 'with weight 0' : 'without labels that count'
  return `${none}, so the loss is 0/0; use larger batches, leave out examples ${those}, or skip such batches with nonFinite: 'skip'`
}

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
