import { type Declared, number, type OptionsOf, required, scheduled, type ValuesOf } from '../core/options.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import type { Traits } from './traits.ts'

const shared = {
  /** Learning rate. */
  lr: required(scheduled(number({ min: 0 }))),
  /** Factor of `lr`, to give groups of weights different rates. @default 1 */
  lrScale: number({ min: 0 }, 1),
  /**
   * Learning rate at which `weightDecay` applies in full: the decay is then weightDecay · lr / peakLr.
   * @default none: the decay does not depend on `lr`
   *
   * Source: Defazio 2025, https://arxiv.org/abs/2506.02285, section 3.
   */
  peakLr: number({ above: 0 }),
}

/** Options of all optimizers that groups of weights can override. */
export interface SharedOptions extends OptionsOf<typeof shared> {}

/** Options of a weight, checked, with defaults filled in; those of type `V` are specific to the rule. */
export type WeightOptions<V = ValuesOf<Declared>> = V & ValuesOf<typeof shared>

/** Returns the options of a rule's weights, including those that all rules share. */
export function optionsOf({ options }: Rule): Declared {
  const { lr, ...rest } = shared
  return { lr, ...options, ...rest }
}

/** The tensors and scalars from which a rule computes the update of one weight. */
export interface Update<V = ValuesOf<Declared>> {
  readonly options: WeightOptions<V>
  readonly w: Tensor
  /** Gradient dL/dw, after clipping. */
  readonly g: Tensor
  readonly lr: Tensor
  /** lr · dL/dw. A `linear` rule gets it without a multiplication per element. */
  readonly lrG: Tensor
  /** Returns the learning rate at a step. */
  rate(step: number): number
  /** Returns the value of an option at a step. */
  value(name: keyof V & string, step: number): number
  /** Returns the current value of an option as a tensor. */
  hyper(name: keyof V & string): Tensor
  /** Returns 1 minus the current value of an option as a tensor, subtracted in float64. */
  rest(name: keyof V & string): Tensor
  /** Returns a scalar computed from the step in float64 and fed, once for all weights of a group. */
  host(name: string, value: (step: number) => number): Tensor
  /** Returns a variable of the weight's optimizer state. */
  buffer(name: string): Variable
}

/** Update rule of an optimizer. */
export interface Rule<D extends Declared = Declared> {
  readonly type: string
  /** Options besides those that all rules share. */
  readonly options: D
  /** Checks combinations of options. @throws {ArgumentError} */
  check?(options: WeightOptions<ValuesOf<D>>): void
  /** Optimizer state of one weight: initial values by name; `weight` is a copy of the weight. */
  buffers?(options: WeightOptions<ValuesOf<D>>): Readonly<Record<string, number | 'weight'>>
  /** Name of the state that evaluation uses instead of the weight. @default none */
  readonly evaluation?: string
  /** Whether the update uses `lrG` but not `g`. @default false */
  linear?(options: WeightOptions<ValuesOf<D>>): boolean
  /** Traits of the rule under these options. */
  traits?(options: WeightOptions<ValuesOf<D>>): Omit<Traits, 'type' | 'evaluation'>
  /** Assigns the optimizer state its next values. @returns the weight's next value */
  update(at: Update<ValuesOf<D>>): Tensor
}
