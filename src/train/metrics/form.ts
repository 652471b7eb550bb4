import { type Shape, sameShape, sizeOf } from '../../core/shape.ts'

/**
 * How the shapes of a model's output and of the targets correspond.
 *
 * - `labels`: one label per row of scores along axis 1: output `[n, classes, …]`, targets `[n, …]`;
 * - `rows`: the same with all positions on axis 0: output `[positions, classes]`;
 * - `logit`: one label per score, which is the logit of class 1: output `[n]` or `[n, 1, …]`;
 * - `alike`: one target per score, both `[n, classes, …]`: class probabilities, or several labels at once.
 */
export type TargetForm = 'labels' | 'rows' | 'logit' | 'alike'

/** Returns how the shapes of output and target correspond; undefined when they do not match. */
export function targetFormOf(output: Shape, target: Shape): TargetForm | undefined {
  const [n, classes = 1, ...positions] = output
  if (sameShape(output, target)) return classes === 1 ? 'logit' : 'alike'
  if (sameShape([n ?? 1, ...positions], target)) return classes === 1 ? 'logit' : 'labels'
  if (n !== sizeOf(target) || output.length > 2) return undefined
  return classes === 1 ? 'logit' : 'rows'
}
