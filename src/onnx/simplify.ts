import { sameShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { joinPadded } from './join-padded.ts'
import { rebuild, usesOf } from './rebuild.ts'

/**
 * Rewrites a graph to compute the same values with fewer nodes: merges equal nodes, joins adjacent zero-padded
 * terms of a sum in one Concat, and computes `c ± A·B` in one Gemm. Inputs stay the same tensors. Gradient
 * rules are lost, so differentiate first.
 */
export const simplify = (roots: readonly Tensor[]): Tensor[] => foldGemm(joinPadded(shareEqual(roots)))

/** Merges common subexpressions: nodes with the same operator, inputs, attributes and values become one. */
function shareEqual(roots: readonly Tensor[]): Tensor[] {
  const byRecipe = new Map<string, Tensor>()
  const idOf = new Map<Tensor, number>()
  return rebuild(roots, (t) => {
    const { op, attributes, output, dtype, shape } = t
    const inputs = t.inputs.map((x) => idOf.get(x))
    const values = [op, inputs, attributes, output?.index, dtype, shape, numbers(t)]
    const recipe = op === 'Input' ? `Input ${idOf.size}` : JSON.stringify(values)
    const known = byRecipe.get(recipe) ?? t
    byRecipe.set(recipe, known)
    if (!idOf.has(known)) idOf.set(known, idOf.size)
    return known
  })
}

/** Returns a constant's values as text, to compare them: JSON can represent neither NaN nor −0. */
const numbers = (t: Tensor): string | undefined =>
  t.data && Array.from(t.data, (x) => (Object.is(x, -0) ? '-0' : String(x))).join()

/** Rewrites `c ± A·B` and `A·B ± c` as one Gemm each, if nothing else uses the product `A·B`. */
function foldGemm(roots: readonly Tensor[]): Tensor[] {
  const uses = usesOf(roots)
  const original = new Map<Tensor, Tensor>()
  return rebuild(roots, (t, before) => {
    const folded = asGemm(t, (x) => uses.get(original.get(x) ?? x) === 1)
    original.set(folded, before)
    return folded
  })
}

/** Returns `± A·B ± c` as one Gemm, whose `beta` absorbs a constant factor of `c`; other nodes unchanged. */
function asGemm(t: Tensor, once: (x: Tensor) => boolean): Tensor {
  if (t.op !== 'Add' && t.op !== 'Sub') return t
  const [left, right] = [t.inputs[0]!, t.inputs[1]!]
  const sign = t.op === 'Sub' ? -1 : 1
  const orders = [
    { product: right, alpha: sign, c: left, beta: 1 },
    { product: left, alpha: 1, c: right, beta: sign },
  ]
  const found = orders.find(({ product: { op, inputs, shape }, product, c }) => {
    const isProduct = op === 'Gemm' && inputs.length === 2 && once(product)
    return isProduct && sameShape(shape, t.shape) && sameShape(c.shape, t.shape)
  })
  if (!found) return t
  const { product, alpha, c, beta } = found
  const factor = c.op === 'Mul' && once(c) ? constantFactor(c) : undefined
  const factors = { alpha: { float: alpha }, beta: { float: beta * (factor?.value ?? 1) } }
  const attributes = { ...product.attributes, ...factors }
  return { ...t, op: 'Gemm', inputs: [...product.inputs, factor?.of ?? c], attributes }
}

function constantFactor(mul: Tensor): { readonly value: number; readonly of: Tensor } | undefined {
  for (const [factor, of] of [mul.inputs, mul.inputs.toReversed()]) {
    const value = factor?.data?.[0]
    // Attributes are float32, so a float64 factor must be exactly representable in float32.
    const exact = factor?.dtype === 'float32' || value === Math.fround(value ?? Number.NaN)
    // With beta 0, Gemm would ignore NaN in c.
    const usable = value && exact && Number.isFinite(Math.fround(value)) && factor!.shape.length === 0
    if (usable && of) return { value, of }
  }
  return undefined
}

/** Groups tensors by the node that computes them, in the given order; a node may have several outputs. */
export function byNode(order: readonly Tensor[]): Tensor[][] {
  const nodes: Tensor[][] = []
  const several = new Map<string, Tensor[]>()
  const idOf = new Map(order.map((t, i) => [t, i]))
  for (const t of order) {
    if (t.op === 'Input' || t.op === 'Constant') continue
    const recipe = t.output && JSON.stringify([t.op, t.inputs.map((x) => idOf.get(x)), t.attributes])
    const siblings = (recipe && several.get(recipe)) || []
    if (siblings.push(t) > 1) continue
    nodes.push(siblings)
    if (recipe) several.set(recipe, siblings)
  }
  return nodes
}
