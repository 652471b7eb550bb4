import { sameShape } from '../core/shape.ts'
import type { Tensor } from '../core/tensor.ts'
import { joinPadded } from './join-padded.ts'
import { joinProducts } from './join-products.ts'
import { rebuild, usesOf } from './rebuild.ts'

/**
 * Rewrites a graph to compute the same values with fewer nodes: merges equal nodes, joins adjacent zero-padded terms
 * of a sum in one Concat, joins products over rows in one product, and computes `c ± A·B` in one Gemm. Inputs are the same tensors as before. Gradient rules
 * are lost, so differentiate first.
 *
 * @param kept constants to leave unchanged, even if equal, because the model refers to them by name
 */
export function simplify(roots: readonly Tensor[], kept: ReadonlySet<Tensor> = new Set()): Tensor[] {
  const padded = joinPadded(shareEqual(roots, kept))
  const joined = joinProducts(padded)
  const isJoined = joined.some((root, i) => root !== padded[i])
  return foldGemm(isJoined ? shareEqual(joined, kept) : joined) // products of rows may share their Concat
}

/**
 * Merges common subexpressions: nodes with the same operator, inputs, attributes and values become one.
 *
 * @param kept constants to leave unchanged
 */
export function shareEqual(roots: readonly Tensor[], kept: ReadonlySet<Tensor> = new Set()): Tensor[] {
  const byRecipe = new Map<string, Tensor[]>()
  const idOf = new Map<Tensor, number>()
  return rebuild(roots, (t) => {
    const { op, attributes, output, dtype, shape, data, body } = t
    const alone = op === 'Input' || kept.has(t)
    const inputs = t.inputs.map((x) => idOf.get(x))
    // The first values tell most constants apart without comparing all of them.
    const start = data && `${data[0]} ${data[1]}`
    const values = [op, inputs, attributes, output?.index, dtype, shape, body?.id, start]
    const alike = alone ? [] : entry(byRecipe, JSON.stringify(values))
    const known = alike.find((other) => sameValues(other.data, data)) ?? t
    if (known === t) alike.push(t)
    if (!idOf.has(known)) idOf.set(known, idOf.size)
    return known
  })
}

/** Returns the list at `key`, adding an empty list if there is none. */
function entry<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}

/** Whether two constants have the same values: NaN equals NaN, and 0 differs from −0. */
export function sameValues(a: Tensor['data'], b: Tensor['data']): boolean {
  if (a === b) return true
  if (!a || !b || a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}

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

/**
 * Greatest number of terms per element of a product that is folded into the update of a weight. Longer sums are rounded
 * differently when folded; so a product that is also measured, and therefore not folded, would change the weight.
 */
const mostTerms = 128

/** Whether `c` is a value from before the step, or a multiple of one, such as a weight or a velocity. */
const isStored = ({ op, inputs }: Tensor): boolean =>
  op === 'Input' || (op === 'Mul' && inputs.some((x) => x.op === 'Input' && x.shape.length > 0))

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
    return isProduct && sameShape(shape, t.shape) && sameShape(c.shape, t.shape) && !isLong(product, c)
  })
  if (!found) return t
  const { product, alpha, c, beta } = found
  const factor = c.op === 'Mul' && once(c) ? constantFactor(c) : undefined
  const factors = { alpha: { float: alpha }, beta: { float: beta * (factor?.value ?? 1) } }
  const attributes = { ...product.attributes, ...factors }
  return { ...t, op: 'Gemm', inputs: [...product.inputs, factor?.of ?? c], attributes }
}

/** Whether folding a product into `c` could round an update differently. */
const isLong = ({ inputs, attributes }: Tensor, c: Tensor): boolean =>
  isStored(c) && inputs[0]!.shape[attributes.transA === 1 ? 0 : 1]! > mostTerms

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

/** Groups tensors by the node that computes them, in the given order, since a node may have several outputs. */
export function byNode(order: readonly Tensor[]): Tensor[][] {
  const nodes: Tensor[][] = []
  const several = new Map<string, Tensor[]>()
  const idOf = new Map(order.map((t, i) => [t, i]))
  for (const t of order) {
    if (t.op === 'Input' || t.op === 'Constant') continue
    const values = [t.op, t.inputs.map((x) => idOf.get(x)), t.attributes, t.body?.id]
    const recipe = t.output && JSON.stringify(values)
    const siblings = (recipe && several.get(recipe)) || []
    if (siblings.push(t) > 1) continue
    nodes.push(siblings)
    if (recipe) several.set(recipe, siblings)
  }
  return nodes
}
