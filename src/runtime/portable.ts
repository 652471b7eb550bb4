import { type Tensor, topological } from '../core/tensor.ts'

/**
 * Replaces tensors by equal ones whose operators do not depend on axis lengths: see `Tensor.portable`.
 *
 * @param isWanted returns whether to use the equal tensor, which it gets. @default every one is used
 */
export function portable(
  roots: readonly Tensor[],
  isWanted: (standard: Tensor) => boolean = () => true,
): Tensor[] {
  const known = new Map<Tensor, Tensor | undefined>()
  const standardOf = (t: Tensor): Tensor | undefined => {
    if (!t.portable) return undefined
    if (!known.has(t)) {
      const standard = t.portable()
      known.set(t, isWanted(standard) ? standard : undefined)
    }
    return known.get(t)
  }
  const parents = (t: Tensor): readonly Tensor[] => {
    const standard = standardOf(t)
    return standard ? [standard] : t.inputs
  }
  const done = new Map<Tensor, Tensor>()
  for (const t of topological(roots, parents)) {
    const standard = standardOf(t)
    const inputs = standard ? t.inputs : t.inputs.map((x) => done.get(x)!)
    const kept = inputs.every((x, i) => x === t.inputs[i]) ? t : { ...t, inputs }
    done.set(t, standard ? done.get(standard)! : kept)
  }
  return roots.map((root) => done.get(root)!)
}

/**
 * Computes each LSTM by ONNX's operator, if the graph needs none of its single steps: for 64 steps of [32, 128], it takes
 * 0.7 of their time. (The operator GRU takes as long as single steps, and RNN three times as long.) Gradients need the
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
