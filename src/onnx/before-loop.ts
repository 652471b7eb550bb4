import { input, type Tensor, topological } from '../core/tensor.ts'
import { rebuild } from './rebuild.ts'

type Named = ReadonlyMap<string, Tensor>

/** A value that is the same in all steps of a loop: computed before the loop as `made`, and read in a step as `read`. */
interface Once {
  readonly made: Tensor
  readonly read: Tensor
}

/** What a loop computes at each step, and what can be computed once before it. */
interface Parted {
  readonly outputs: Named
  readonly once: ReadonlyMap<string, Once>
}

/**
 * Takes out of a step what depends only on inputs with the same value in all steps, such as the weights in an evaluation.
 * Constants alone remain in the step: ONNX Runtime computes with them when it compiles the graph.
 */
export function beforeLoop(outputs: Named, fixed: Named): Parted {
  const roots = [...outputs.values()]
  const same = sameInAll(roots, new Set(fixed.values()))
  const once = new Map<Tensor, Once>()
  const isMade = (t: Tensor): boolean => t.op !== 'Input' && same.has(t)
  const read = (t: Tensor): Tensor => {
    if (!once.has(t)) once.set(t, { made: t, read: input(t.shape, t.dtype) })
    return once.get(t)!.read
  }
  const inStep = (t: Tensor): readonly Tensor[] => (isMade(t) ? [] : t.inputs)
  const rest = rebuild(roots, (t, before) => (isMade(before) ? read(before) : t), inStep)
  return {
    outputs: new Map([...outputs.keys()].map((name, i) => [name, rest[i]!])),
    once: new Map([...once.values()].map((one, i) => [`once:${i}`, one])),
  }
}

/** Returns the tensors that depend on at least one of the fixed inputs, and on constants, but on nothing else. */
function sameInAll(roots: readonly Tensor[], fixed: ReadonlySet<Tensor>): ReadonlySet<Tensor> {
  const same = new Set<Tensor>()
  for (const t of topological(roots)) {
    const others = t.inputs.filter(({ op }) => op !== 'Constant')
    if (fixed.has(t) || (others.length > 0 && others.every((x) => same.has(x)))) same.add(t)
  }
  return same
}
