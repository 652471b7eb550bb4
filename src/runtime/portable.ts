import { type Tensor, topological } from '../core/tensor.ts'

/**
 * Replaces tensors by equal ones whose operators do not depend on axis lengths: see `Tensor.portable`.
 *
 * @param isWanted returns whether to use the equal tensor, which it gets. @default every one is used
 */
export const portable = (
  roots: readonly Tensor[],
  isWanted: (standard: Tensor) => boolean = () => true,
): Tensor[] =>
  replaced(roots, (t) => {
    const standard = t.portable?.()
    return standard && isWanted(standard) ? standard : undefined
  })

/** Replaces tensors by equal ones. @param equalTo returns the equal tensor, if there is one; it is called once for each */
function replaced(roots: readonly Tensor[], equalTo: (t: Tensor) => Tensor | undefined): Tensor[] {
  const known = new Map<Tensor, Tensor | undefined>()
  const otherOf = (t: Tensor): Tensor | undefined => {
    if (!known.has(t)) known.set(t, equalTo(t))
    return known.get(t)
  }
  const parents = (t: Tensor): readonly Tensor[] => {
    const other = otherOf(t)
    return other ? [other] : t.inputs
  }
  const done = new Map<Tensor, Tensor>()
  for (const t of topological(roots, parents)) {
    const other = otherOf(t)
    const inputs = other ? t.inputs : t.inputs.map((x) => done.get(x)!)
    const kept = inputs.every((x, i) => x === t.inputs[i]) ? t : { ...t, inputs }
    done.set(t, other ? done.get(other)! : kept)
  }
  return roots.map((root) => done.get(root)!)
}

/**
 * Computes the steps of a sequence by one node that runs a graph for each: see `Tensor.rolled`. If the graph becomes no
 * smaller, because it needs single steps too, it is left unchanged.
 */
export function rolledSteps(roots: readonly Tensor[]): readonly Tensor[] {
  if (!topological(roots).some((t) => t.rolled)) return roots
  const rolled = replaced(roots, (t) => t.rolled?.())
  return topological(rolled).length < topological(roots).length ? rolled : roots
}

/**
 * Computes each LSTM by ONNX's operator, if the graph needs none of its single steps: for 64 steps of [32, 128], it takes
 * 0.87 of their time, 0.93 of that of one node for all. (The operator GRU takes as long as single steps, and RNN three times as long.) Gradients need the
 * single steps; a graph that has them would compute both, so it is left unchanged.
 *
 * @param isFaster returns whether single steps are faster, given the input of an LSTM. @default they never are
 */
export function wholeLstms(
  roots: readonly Tensor[],
  isFaster: (x: Tensor) => boolean = () => false,
): readonly Tensor[] {
  if (!topological(roots).some((t) => t.portable)) return roots
  const whole = portable(roots, (t) => isOfLstm(t, isFaster))
  return topological(whole).length < topological(roots).length ? whole : roots
}

/** Whether a tensor is an output of the operator LSTM, perhaps rearranged, whose single steps are not faster. */
const isOfLstm = ({ op, inputs }: Tensor, isFaster: (x: Tensor) => boolean): boolean =>
  (op === 'LSTM' && !isFaster(inputs[0]!)) ||
  (['Concat', 'Reshape', 'Transpose'].includes(op) && isOfLstm(inputs[0]!, isFaster))
