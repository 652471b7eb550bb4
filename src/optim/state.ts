import { setName } from '../core/names.ts'
import { filled, Variable } from '../core/variable.ts'
import type { EvaluationWeights } from './evaluation.ts'
import type { GroupedSettings } from './group.ts'
import type { Rule, WeightOptions } from './rule.ts'

/** A trained weight, with its name, its options and the optimizer-state variables that belong to it. */
export interface Member {
  readonly name: string
  readonly w: Variable
  readonly options: WeightOptions
  readonly buffers: ReadonlyMap<string, Variable>
}

/** Makes the state of a weight, with the options of its groups. */
export function memberOf(rule: Rule, settings: GroupedSettings, name: string, w: Variable): Member {
  const options = settings.of(name, w)
  const buffers = Object.entries(rule.buffers?.(options, w.shape) ?? {})
  return {
    name,
    w,
    options,
    buffers: new Map(buffers.map(([key, first]) => [key, stateOf(w, `${key}.${name}`, first)])),
  }
}

/** Returns the variables of a weight's optimizer state, each with its name. */
export const namedState = ({ name, buffers }: Member): readonly (readonly [string, Variable])[] =>
  [...buffers].map(([key, variable]) => [`${key}.${name}`, variable] as const)

/** Creates the scalars that all weights share, in the weights' precision. */
export function sharedState(
  rule: Rule,
  options: WeightOptions,
  members: readonly Member[],
): ReadonlyMap<string, Variable> {
  const scalar = { shape: [], dtype: members[0]?.w.dtype ?? 'float32', data: new Float32Array(1) }
  const shared = Object.entries(rule.shared?.(options) ?? {})
  return new Map(shared.map(([name, first]) => [name, stateOf(scalar, name, first)]))
}

/** Returns the evaluation weights that the update rule itself keeps (as Schedule-Free does); undefined if none. */
export function ownEvaluation(
  { evaluation }: Rule,
  members: readonly Member[],
): EvaluationWeights | undefined {
  if (evaluation === undefined) return undefined
  return {
    variables: new Map(members.map(({ w, buffers }) => [w, buffers.get(evaluation)!])),
    batchNorm: 'recalibrate',
  }
}

/** Creates a state variable with a weight's shape. @param first initial value, or `weight` to copy the weight */
export function stateOf(
  weight: Pick<Variable, 'shape' | 'dtype' | 'data'>,
  name: string,
  first: number | 'weight',
): Variable {
  const start = first === 'weight' ? () => weight.data as ArrayLike<number> : filled(first)
  const state = new Variable(weight.shape, start, { trainable: false, dtype: weight.dtype })
  setName(state, name)
  state.initialize(0)
  return state
}
