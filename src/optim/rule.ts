import { type Declared, number, type OptionsOf, required, scheduled, type ValuesOf } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import type { Traits } from './traits.ts'

const shared = {
  /** Learning rate. */
  lr: required(scheduled(number({ min: 0 }))),
  /** Multiplies `lr`: the rate of a group relative to the others. @default 1 */
  lrScale: number({ min: 0 }, 1),
  /**
   * Rate at which `weightDecay` applies in full. If given, the decay follows the rate: λₜ = weightDecay · lrₜ /
   * peakLr.
   *
   * Source: Defazio 2025, https://arxiv.org/abs/2506.02285, section 3.
   */
  peakLr: number({ above: 0 }),
}

/** Options of every optimizer, and of each group of its weights. */
export interface SharedOptions extends OptionsOf<typeof shared> {}

/** Options of a weight: checked, with defaults. `V` are those of its rule. */
export type WeightOptions<V = ValuesOf<Declared>> = V & ValuesOf<typeof shared>

/** All options of a rule's weights, the shared ones included. */
export function optionsOf({ options }: Rule): Declared {
  const { lr, ...rest } = shared
  return { lr, ...options, ...rest }
}

/** What the update of one weight may use. */
export interface Update<V = ValuesOf<Declared>> {
  readonly options: WeightOptions<V>
  readonly w: Tensor
  /** dL/dw, clipped. */
  readonly g: Tensor
  readonly lr: Tensor
  /** lr · dL/dw: free of charge in a rule that is `linear`. */
  readonly lrG: Tensor
  /** Learning rate of a step, on the host. */
  rate(step: number): number
  /** Value of an option at a step, on the host. */
  value(name: keyof V & string, step: number): number
  /** Value of an option at this step. */
  hyper(name: keyof V & string): Tensor
  /** One minus the value of an option at this step, subtracted in float64. */
  rest(name: keyof V & string): Tensor
  /**
   * A number computed on the host in float64 from the step, counted from 0; fed once for all weights of a
   * group.
   */
  host(name: string, value: (step: number) => number): Tensor
  /** The weight's own variable of this name. */
  buffer(name: string): Variable
}

/** Initial value of a weight's own variable: a number everywhere, or the weight when it is attached. */
export type First = number | 'weight'

/** One way to update a weight. */
export interface Rule<D extends Declared = Declared> {
  readonly type: string
  /** Options besides the shared ones. */
  readonly options: D
  /** Checks options that depend on each other. @throws {ArgumentError} */
  check?(options: WeightOptions<ValuesOf<D>>): void
  /** The variables of one weight, with their initial values. */
  buffers?(options: WeightOptions<ValuesOf<D>>): Readonly<Record<string, First>>
  /** Name of the variable that evaluation reads instead of the weight, if any. */
  readonly evaluation?: string
  /** Whether the update uses the gradient as `lrG` alone. */
  linear?(options: WeightOptions<ValuesOf<D>>): boolean
  /** What is known of a weight under these options. What is left out counts as unknown. */
  traits?(options: WeightOptions<ValuesOf<D>>): Omit<Traits, 'type' | 'evaluation'>
  /** The weight's next value; assigns the buffers theirs. */
  update(at: Update<ValuesOf<D>>): Tensor
}
