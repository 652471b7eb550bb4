import { setName } from '../core/names.ts'
import { filled, Variable } from '../core/variable.ts'

/** Creates a state variable with a weight's shape. @param first initial value, or `weight` to copy the weight */
export function stateOf(weight: Variable, name: string, first: number | 'weight'): Variable {
  const start = first === 'weight' ? () => weight.data as ArrayLike<number> : filled(first)
  const state = new Variable(weight.shape, start, { trainable: false, dtype: weight.dtype })
  setName(state, name)
  state.initialize(0)
  return state
}
