import { sameShape } from '../core/shape.ts'
import type { Attribute, Tensor } from '../core/tensor.ts'
import { joinParts } from './join-parts.ts'
import { rebuild, usesOf } from './rebuild.ts'

/**
 * Computes the same values with fewer nodes: equal nodes become one, a sum of adjacent parts becomes one
 * Concat, and a sum with a matrix product becomes one Gemm.
 *
 * Inputs keep their identity. Gradient rules are lost: differentiate first.
 */
export function simplify(roots: readonly Tensor[]): Tensor[] {
  return foldGemm(joinParts(shareEqual(roots)))
}

/** Merges common subexpressions by hash-consing: nodes of one recipe on the same inputs become one. */
function shareEqual(roots: readonly Tensor[]): Tensor[] {
  const byRecipe = new Map<string, Tensor>()
  const idOf = new Map<Tensor, number>()
  return rebuild(roots, (t) => {
    const recipe =
      t.op === 'Input'
        ? `Input ${idOf.size}`
        : JSON.stringify([
            t.op,
            t.inputs.map((x) => idOf.get(x)),
            t.attributes,
            t.output?.index,
            t.dtype,
            t.shape,
            numbers(t),
          ])
    const known = byRecipe.get(recipe) ?? t
    byRecipe.set(recipe, known)
    if (!idOf.has(known)) idOf.set(known, idOf.size)
    return known
  })
}

/** A constant's numbers as text. JSON has neither NaN nor −0. */
const numbers = (t: Tensor): string | undefined =>
  t.data && Array.from(t.data, (x) => (Object.is(x, -0) ? '-0' : String(x))).join()

/** Turns `c ± A·B` into `Gemm(A, B, c)`, where nothing else uses the product. */
function foldGemm(roots: readonly Tensor[]): Tensor[] {
  const uses = usesOf(roots)
  const original = new Map<Tensor, Tensor>()
  return rebuild(roots, (t, before) => {
    const folded = asGemm(t, (x) => uses.get(original.get(x) ?? x) === 1)
    original.set(folded, before)
    return folded
  })
}

function asGemm(t: Tensor, once: (x: Tensor) => boolean): Tensor {
  if (t.op !== 'Add' && t.op !== 'Sub') return t
  const isProduct = (x: Tensor): boolean =>
    x.op === 'Gemm' && x.inputs.length === 2 && once(x) && sameShape(x.shape, t.shape)
  const [left, right] = [t.inputs[0]!, t.inputs[1]!]
  if (isProduct(right) && sameShape(left.shape, t.shape)) {
    return withSum(t, right, left, t.op === 'Sub' ? -1 : 1, 1, once)
  }
  if (isProduct(left) && sameShape(right.shape, t.shape)) {
    return withSum(t, left, right, 1, t.op === 'Sub' ? -1 : 1, once)
  }
  return t
}

/** `alpha · product + beta · c`; a constant factor of `c` goes into beta. */
function withSum(
  t: Tensor,
  product: Tensor,
  c: Tensor,
  alpha: number,
  beta: number,
  once: (x: Tensor) => boolean,
): Tensor {
  const factor = c.op === 'Mul' && once(c) ? constantFactor(c) : undefined
  const attributes: Record<string, Attribute> = {
    ...product.attributes,
    alpha: { float: alpha },
    beta: { float: beta * (factor?.value ?? 1) },
  }
  return { ...t, op: 'Gemm', inputs: [...product.inputs, factor?.of ?? c], attributes }
}

function constantFactor(mul: Tensor): { readonly value: number; readonly of: Tensor } | undefined {
  for (const [factor, of] of [mul.inputs, mul.inputs.toReversed()]) {
    const value = factor?.data?.[0]
    // An attribute is a float32, so in float64 only a factor that float32 holds exactly may become one.
    const exact = factor?.dtype === 'float32' || value === Math.fround(value ?? Number.NaN)
    // With a factor of 0, Gemm would ignore even NaN.
    if (value && Number.isFinite(Math.fround(value)) && exact && factor!.shape.length === 0 && of)
      return { value, of }
  }
  return undefined
}

/** The tensors of `order` that nodes compute, grouped by node, in the order of each node's first. */
export function byNode(order: readonly Tensor[]): Tensor[][] {
  const nodes: Tensor[][] = []
  const several = new Map<string, Tensor[]>()
  const idOf = new Map(order.map((t, i) => [t, i]))
  for (const t of order) {
    if (t.op === 'Input' || t.op === 'Constant') continue
    const recipe = t.output && JSON.stringify([t.op, t.inputs.map((x) => idOf.get(x)), t.attributes])
    const siblings = recipe === undefined ? undefined : several.get(recipe)
    if (siblings) siblings.push(t)
    else nodes.push([t])
    if (recipe !== undefined && !siblings) several.set(recipe, nodes.at(-1)!)
  }
  return nodes
}
