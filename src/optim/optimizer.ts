import type { Tensor } from '../core/tensor.ts'
import type { Variable } from '../core/variable.ts'

/** A hyperparameter: a number, or a function of the step such as a schedule. */
export type Hyperparameter = number | ((step: number) => number)

/** How weights are changed: a rule without state, which may be attached to any number of models. */
export interface Optimizer {
  /** The learning rate, for logs. */
  readonly lr: Hyperparameter
  /** What was asked for, as plain data. */
  readonly spec: Readonly<Record<string, unknown>>
  /** The rule with fresh state for these weights, by state name. */
  attach(weights: ReadonlyMap<string, Variable>): Attached
}

/** An optimizer at work on the weights of one model. */
export interface Attached {
  /** Its own variables by name, such as momentum buffers. */
  readonly state: ReadonlyMap<string, Variable>
  /** While a step is traced: assign every weight its next value. */
  minimize(loss: Tensor): void
}

/** A hyperparameter's value at a step. */
export const valueAt = (value: Hyperparameter, step: number): number =>
  typeof value === 'number' ? value : value(step)
