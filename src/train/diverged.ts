import { EvenstepError } from '../core/errors.ts'
import { type Tensor, topological } from '../core/tensor.ts'
import type { Call } from '../nn/observe.ts'
import type { Steps } from './steps.ts'

/** A loss became NaN or infinite. */
export class DivergedError extends EvenstepError {
  override readonly name = 'DivergedError'
  /** The step, from 0, whose loss was not finite. */
  readonly step: number
  readonly lr: number
  /** The steps of the call that were taken before it. */
  readonly before: Steps | undefined

  constructor(message: string, step: number, lr: number, before?: Steps) {
    super(message)
    this.step = step
    this.lr = lr
    this.before = before
  }
}

/** Labels the tensors that a module made with its path; inner modules come first. */
export function labelling(layers: Map<Tensor, string>): (call: Call) => void {
  return ({ name, inputs: [x], output }) => {
    const sources = (t: Tensor): readonly Tensor[] => (t === x || layers.has(t) ? [] : t.inputs)
    for (const t of topological([output], sources)) if (t !== x && !layers.has(t)) layers.set(t, name)
  }
}
