import { EvenstepError } from '../core/errors.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import type { Batch } from '../data/batch.ts'
import { type Call, observe } from '../nn/observe.ts'
import type { Compiled } from '../runtime/compile.ts'
import type { Device } from '../runtime/device.ts'
import { firstNonFinite } from '../runtime/diagnose.ts'
import type { Steps } from './steps.ts'

/** A loss became NaN or infinite. */
export class DivergedError extends EvenstepError {
  override readonly name = 'DivergedError'
  /** The step, from 0, whose loss was not finite. */
  readonly step: number
  readonly lr: number
  /** The steps of the same call that came before it. */
  readonly before: Steps | undefined

  constructor(message: string, step: number, lr: number, before?: Steps) {
    super(message)
    this.step = step
    this.lr = lr
    this.before = before
  }
}

/**
 * Finds the first tensor that is not finite when a graph of a model runs on a batch.
 *
 * @returns its operator and layer, such as `Mul in bn`; undefined when all tensors are finite
 */
export function culpritOf(
  graph: Pick<Compiled<'x' | 'y', string>, 'retrace'>,
  model: object,
  { x, y }: Batch,
  step: number,
  device: Device | undefined,
): Promise<string | undefined> {
  const layers = new Map<Tensor, string>()
  const traced = observe(model, labelling(layers), () => graph.retrace())
  return firstNonFinite(device, traced, { x, y }, step, (t) => layers.get(t))
}

/** Labels the tensors that a module made with its path; inner modules come first. */
function labelling(layers: Map<Tensor, string>): (call: Call) => void {
  return ({ name, inputs: [x], output }) => {
    const sources = (t: Tensor): readonly Tensor[] => (t === x || layers.has(t) ? [] : t.inputs)
    for (const t of topological([output], sources)) if (t !== x && !layers.has(t)) layers.set(t, name)
  }
}
