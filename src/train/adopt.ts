import { ArgumentError } from '../core/errors.ts'
import { sameShape } from '../core/shape.ts'
import type { Variable } from '../core/variable.ts'
import type { Task } from './task.ts'

/**
 * Gives a new task the weights of another, which trains no longer, and its optimizer state. State that the other
 * does not have, or has in another shape, stays as it begins.
 *
 * @throws {ArgumentError} when the models' variables differ in names, shapes or types; the task is unchanged then.
 */
export function adopt(task: Task, from: Task): void {
  const [wanted, got] = [textOf(from.variables), textOf(task.variables)]
  const longest = wanted.length > got.length ? wanted : got
  const at = longest.findIndex((_, i) => wanted[i] !== got[i])
  if (at >= 0) {
    const fix = 'change what leaves the model as it is, or start another run'
    throw new ArgumentError(
      `change: wanted ${wanted[at] ?? 'nothing more'} in the model, as in the run, got ${got[at] ?? 'nothing'}; ${fix}`,
    )
  }
  for (const [name, variable] of task.variables) variable.data = from.variables.get(name)!.data
  for (const [name, variable] of task.optimizerState) {
    const known = from.optimizerState.get(name)
    if (known && isLike(known, variable)) variable.data = known.data
  }
}

const isLike = (a: Variable, b: Variable): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)

/** Returns the name, type and shape of each variable, such as `fc1.weight float32 [10, 4]`. */
const textOf = (variables: ReadonlyMap<string, Variable>): readonly string[] =>
  [...variables].map(([name, { dtype, shape }]) => `${name} ${dtype} [${shape.join(', ')}]`)
