import { type Declared, number, type OptionsOf, required, type ValuesOf } from '../core/options.ts'
import type { Shape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'
import { schedulable } from '../schedule/schedulable.ts'
import type { Traits } from './traits.ts'

const shared = {
  /** Learning rate: a number or a schedule. */
  lr: required(schedulable(number({ min: 0 }))),
  /** Factor that multiplies `lr`, to give parameter groups different rates. @default 1 */
  lrScale: number({ min: 0 }, 1),
  /**
   * Learning rate at which `weightDecay` applies in full: the decay at each step is weightDecay · lr / peakLr.
   * @default none: the decay does not depend on `lr`
   *
   * Source: Defazio 2025, https://arxiv.org/abs/2506.02285, section 3.
   */
  peakLr: number({ above: 0 }),
}

/** Options that all optimizers have and parameter groups can override. */
export interface SharedOptions extends OptionsOf<typeof shared> {}

/** All options of a weight, with defaults: the options that all optimizers share and, as `V`, the rule's own. */
export type WeightOptions<V = ValuesOf<Declared>> = V &
  ValuesOf<typeof shared> & {
    /** Whether the weight learns. @default true */
    readonly trainable?: boolean
    /** Step at which the weight begins to learn. @default 0 */
    readonly from?: number
    /** Step from which the weight is locked for the rest of the run. @default never */
    readonly until?: number | undefined
  }

/** Returns the declarations of an update rule's options, including the options that all rules share. */
export function optionsOf({ options }: Rule): Declared {
  const { lr, ...rest } = shared
  return { lr, ...options, ...rest }
}

/** A variable, or several that are read and assigned as one vector. */
export type Assignable = Pick<Variable, 'value' | 'assign'>

/** The tensors and scalars from which an update rule computes one weight's next values. */
export interface Update<V = ValuesOf<Declared>> {
  readonly options: WeightOptions<V>
  readonly w: Tensor
  /** Gradient dL/dw of the weight, after clipping. */
  readonly g: Tensor
  readonly lr: Tensor
  /** Product lr · dL/dw. Cheaper than multiplying lr by `g`, if the rule reads `lrG` but never `g` (see `linear`). */
  readonly lrG: Tensor
  /** Returns the weight's learning rate at a step, counted from 0 when the weight began to learn. */
  rate(step: number): number
  /** Returns an option's value at a step, counted as for `rate`; the option may be a schedule. */
  value(name: keyof V & string, step: number): number
  /** Returns, as a scalar tensor, an option's value at the current step; the option may be a schedule. */
  hyper(name: keyof V & string): Tensor
  /** Returns, as a scalar tensor, 1 minus an option's value at the current step, subtracted in float64. */
  rest(name: keyof V & string): Tensor
  /** Returns a scalar graph input whose value at each step is `value(step)`, shared by all weights of a group. */
  host(name: string, value: (step: number) => number): Tensor
  /** Returns a variable of the weight's optimizer state by its name in `Rule.buffers`. */
  buffer(name: string): Assignable
  /** Returns a scalar variable of the state that all weights share, by its name in `Rule.shared`. */
  shared(name: string): Assignable
}

/** Update rule of an optimizer, such as SGD: its options, its state and its formula. */
export interface Rule<D extends Declared = Declared> {
  readonly type: string
  /** Declarations of the rule's own options, besides the options that all rules share. */
  readonly options: D
  /** Checks that the options can be combined. @throws {ArgumentError} when they cannot. */
  check?(options: WeightOptions<ValuesOf<D>>): void
  /** Returns the initial value of each buffer of one weight's state, by name; `weight` means a copy of the weight. */
  buffers?(options: WeightOptions<ValuesOf<D>>, shape: Shape): Readonly<Record<string, number | 'weight'>>
  /** Returns the initial value of each scalar of the state that all weights share, by name. @default none */
  shared?(options: WeightOptions<ValuesOf<D>>): Readonly<Record<string, number>>
  /** Name of the state in `buffers` that evaluation uses instead of the weight. @default none */
  readonly evaluation?: string
  /** Whether, with these options, `update` reads `lrG` (lr · gradient) but never `g` (gradient). @default false */
  linear?(options: WeightOptions<ValuesOf<D>>): boolean
  /**
   * Whether `update` treats each element of a weight alone, so that it may update several weights joined. `vectors`: only
   * vectors are worth joining, since the product that is a matrix's gradient and the update are one operator. @default false
   */
  readonly elementwise?: boolean | 'vectors'
  /** Returns properties of the optimizer with these options, for use in diagnostics and advice. */
  traits?(options: WeightOptions<ValuesOf<D>>): Omit<Traits, 'type' | 'evaluation'>
  /** Computes one weight's step, and assigns its new optimizer state. @returns the weight's new value */
  update(at: Update<ValuesOf<D>>): Tensor
  /** Assigns the state that all weights share, after their updates, whose `w` and `g` are those before the step. */
  conclude?(all: readonly Update<ValuesOf<D>>[]): void
}
