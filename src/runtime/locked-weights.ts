import { isFloat } from '../core/dtype.ts'
import type { Variable } from '../core/variable.ts'
import type { Traced } from './traced.ts'

/** Most bytes of constants in a graph: a model, which is one message, may have 2 GiB. */
const mostBytes = 1.5 * 2 ** 30

/**
 * Returns the variables of a step that are constants of its graph: locked weights, and the running statistics that go
 * with them. Statistics are constants where a step changes other variables but not them, or where all weights are
 * locked; elsewhere, as when a model that trains is evaluated, they may change from one call to the next.
 */
export function lockedWeights({ variables }: Traced): ReadonlyMap<string, Variable> {
  const read = [...variables].filter(([, { written, variable }]) => !written && variable.initialized)
  const weights = read.filter(([, { variable }]) => variable.isWeight)
  const isSettled = read.length < variables.size || weights.every(([, { variable }]) => !variable.trainable)
  const constants = new Map<string, Variable>()
  if (!weights.some(([, { variable }]) => !variable.trainable)) return constants
  let bytes = 0
  for (const [name, { variable }] of read) {
    if (!isFloat(variable.dtype) || variable.trainable || !(variable.isWeight || isSettled)) continue
    bytes += variable.data.byteLength
    if (bytes <= mostBytes) constants.set(name, variable)
  }
  return constants
}
