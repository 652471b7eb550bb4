import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { boolean } from '../core/options.ts'
import { variables } from '../core/state.ts'
import { listed } from '../core/text.ts'

/**
 * Locks the weights of a module or unlocks them, like PyTorch's `requires_grad_`. A locked weight gets no gradient,
 * and no optimizer changes it. Batch normalization keeps its running statistics while its γ and β are locked; `freeze`
 * and `unfreeze` decide that for all layers of a module instead.
 *
 * In `train.Task` a change takes effect at the next step; steps that you compiled yourself before are unaffected. A
 * task can train only weights that were unlocked when it was made.
 *
 * @param match weights to change: those whose state names in the module match. @default all weights
 * @returns the module
 * @throws {ArgumentError} when no weight matches.
 * @example nn.requiresGrad(model, false, /^fc1\./)
 */
export function requiresGrad<M extends object>(module: M, value: boolean, match?: RegExp): M {
  boolean(true).read('requiresGrad', 'value', value)
  if (value === undefined) throw mismatch('requiresGrad', 'value as true or false', value)
  if (match !== undefined && !(match instanceof RegExp)) {
    throw mismatch('requiresGrad', 'match as a regular expression', match, 'such as /^body\\./')
  }
  const weights = [...variables(module)].filter(([, variable]) => variable.isWeight)
  const chosen = weights.filter(([name]) => match === undefined || name.search(match) >= 0)
  if (chosen.length === 0) {
    const names = weights.map(([name]) => name)
    const shown = names.length <= 6 ? names : [...names.slice(0, 5), `${names.length - 5} more`]
    const fix = names.length === 0 ? 'the module has no weights' : `the names are ${listed(shown)}`
    const wanted = 'match as an expression that matches the name of a weight'
    throw new ArgumentError(`requiresGrad: wanted ${wanted}, got ${match ?? 'nothing'}; ${fix}`)
  }
  for (const [, variable] of chosen) variable.trainable = value
  return module
}
