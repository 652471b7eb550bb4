import { type Tensor, topological } from '../core/tensor.ts'

/**
 * Rewrites the graph that computes `roots`, node by node from the inputs on.
 *
 * @param remake returns the replacement of a node: `t` is the node with replaced inputs, `before` the original node,
 *   and `remadeOf` returns the replacement of a node that precedes it
 * @param parents returns the nodes that must precede a node, at least its inputs. @default its inputs
 * @returns the replacements of `roots`
 */
export function rebuild(
  roots: readonly Tensor[],
  remake: (t: Tensor, before: Tensor, remadeOf: (t: Tensor) => Tensor) => Tensor,
  parents?: (t: Tensor) => readonly Tensor[],
): Tensor[] {
  const remade = new Map<Tensor, Tensor>()
  const remadeOf = (t: Tensor): Tensor => remade.get(t)!
  for (const t of topological(roots, parents)) {
    const inputs = t.inputs.map(remadeOf)
    const changed = inputs.some((x, i) => x !== t.inputs[i])
    remade.set(t, remake(changed ? { ...t, inputs } : t, t, remadeOf))
  }
  return roots.map((root) => remade.get(root)!)
}

/**
 * Counts how often each tensor of a graph is used, as an input of a node or as one of `roots`.
 *
 * @param counts returns whether a node's use of its inputs counts. @default every node's
 */
export function usesOf(
  roots: readonly Tensor[],
  counts: (t: Tensor) => boolean = () => true,
): ReadonlyMap<Tensor, number> {
  const uses = new Map<Tensor, number>()
  const count = (t: Tensor): void => void uses.set(t, (uses.get(t) ?? 0) + 1)
  roots.forEach(count)
  for (const t of topological(roots)) if (counts(t)) t.inputs.forEach(count)
  return uses
}
