/** A hyperparameter: a number, or a function of the step such as a schedule. */
export type Hyperparameter = number | ((step: number) => number)

/** A hyperparameter's value at a step. */
export const hyperparameterAt = (value: Hyperparameter, step: number): number =>
  typeof value === 'number' ? value : value(step)
