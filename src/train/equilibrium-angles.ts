import type { Shape } from '../core/shape.ts'
import { Variable } from '../core/variable.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { equilibrium, type WeightRule, weightRule } from '../optim/weight-rule.ts'

/**
 * Returns, for some steps of a run, the angle in radians by which one step turns a weight once weight decay and
 * gradients balance; 0 if the learning rate is 0. Undefined without weight decay, without weights, and if parameter
 * groups give weights different angles, since a log does not say which weight precedes a layer.
 *
 * @param shapes shapes of the model's weights and other variables, by name
 * @param lrs learning rate of each step
 */
export function equilibriumAngles(
  optimizer: Optimizer,
  shapes: ReadonlyMap<string, Shape>,
  lrs: Float64Array,
  steps: readonly number[],
): number[] | undefined {
  const [angles, ...others] = rulesOf(optimizer, shapes, lrs).map((rule) =>
    steps.map((step) => equilibrium(rule, step)?.angle ?? 0),
  )
  const same = others.every((other) => other.every((angle, i) => angle === angles![i]))
  return same && angles?.some((angle) => angle > 0) ? angles : undefined
}

/** Returns the update rules for weights of two or more axes: one for each combination of learning rate and options. */
function rulesOf(optimizer: Optimizer, shapes: ReadonlyMap<string, Shape>, lrs: Float64Array): WeightRule[] {
  const matrices = [...shapes].filter(([, shape]) => shape.length >= 2)
  if (matrices.length === 0) return []
  const attached = optimizer.attach(
    new Map(matrices.map(([name, shape]) => [name, standIn(shape)])),
    undefined,
    true,
  )
  const factors = Float64Array.from(lrs, (lr, step) => {
    const scheduled = attached.lr(step)
    return scheduled > 0 ? lr / scheduled : 1
  })
  return [...new Set(attached.options.values())].map((options) => weightRule(optimizer, options, factors))
}

/** Makes a one-element variable with a weight's number of axes, which is all that parameter groups look at. */
function standIn(shape: Shape): Variable {
  const variable = new Variable(shape.map(() => 1))
  variable.initialize(0)
  return variable
}
