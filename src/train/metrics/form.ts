import { type Shape, sameShape, sizeOf } from '../../core/shape.ts'

/**
 * How the shapes of a model's output and of the targets belong together.
 *
 * - `labels`: one label for a row of scores along axis 1, `[n, classes, …]` and `[n, …]`;
 * - `rows`: the same with all positions on axis 0, `[positions, classes]`;
 * - `logit`: one label for each score, which is the logit of class 1: `[n]`, or `[n, 1, …]`;
 * - `alike`: a target for each score of `[n, classes, …]`: probabilities of the classes, or several labels.
 */
export type TargetForm = 'labels' | 'rows' | 'logit' | 'alike'

/** Returns how the shapes of output and target belong together; undefined when they do not. */
export function targetFormOf(output: Shape, target: Shape): TargetForm | undefined {
  const [n, classes = 1, ...positions] = output
  if (sameShape(output, target)) return classes === 1 ? 'logit' : 'alike'
  if (sameShape([n ?? 1, ...positions], target)) return classes === 1 ? 'logit' : 'labels'
  if (n !== sizeOf(target) || output.length > 2) return undefined
  return classes === 1 ? 'logit' : 'rows'
}
