import { type DType, isFloat } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import { constant, node, scalar, type Tensor } from '../core/tensor.ts'
import { add, div, log, mul, reciprocal, sqrt, sub } from '../ops/arithmetic.ts'
import { cast } from '../ops/compare.ts'

// Numbers of a graph as functions of n, the number of examples that the graph was traced with:
//
//     factor · base(n) + offset
//
// with one of the bases below. The factor of a number that does not depend on n is 0.

interface Base {
  readonly at: (n: number) => number
  /** Returns this function of n as a lazy tensor, given n as a scalar of the result's element type. */
  readonly of: (n: Tensor) => Tensor
}

const itself: Base = { at: (n) => n, of: (n) => n }

/** n/q, rounded down and up: the sizes of chunks, and numbers of steps along the axis of the examples. */
const parts = [2, 3, 4, 5, 6, 7, 8].flatMap((q): Base[] => [
  { at: (n) => Math.floor(n / q), of: (n) => div(n, q) },
  { at: (n) => Math.ceil(n / q), of: (n) => div(add(n, q - 1), q) },
])

/** Factors in means, variances, norms and logarithms of means over the examples. */
const scales: readonly Base[] = [
  { at: (n) => 1 / n, of: reciprocal },
  { at: (n) => 1 / (n - 1), of: (n) => reciprocal(sub(n, 1)) },
  { at: Math.sqrt, of: sqrt },
  { at: (n) => 1 / Math.sqrt(n), of: (n) => reciprocal(sqrt(n)) },
  { at: Math.log, of: log },
]

/** A number as a function of the number of examples n: factor · base(n) + offset. */
export interface Form {
  readonly factor: number
  readonly base: Base
  readonly offset: number
}

/** Returns the form (function of n) of a number that does not depend on n, the number of examples. */
export const fixedForm = (value: number): Form => ({ factor: 0, base: itself, offset: value })

/** Whether a number in a graph depends on n, the number of examples. */
export const varies = ({ factor }: Form): boolean => factor !== 0

/**
 * Returns the form (function of n) that equals `values[i]` at n = `sizes[i]`: among the forms determined by the
 * first two values, one that also fits all others.
 *
 * @returns undefined if there is none
 */
export function formOf(values: readonly number[], sizes: readonly number[], dtype: DType): Form | undefined {
  const [first, second] = values as [number, number]
  if (values.every((value) => Object.is(value, first))) return fixedForm(first)
  const whole = !isFloat(dtype)
  const fits = ({ factor, base, offset }: Form): boolean =>
    (!whole || Number.isInteger(factor)) &&
    values.every((value, i) => {
      const error = Math.abs(factor * base.at(sizes[i]!) + offset - value)
      return error <= (whole ? 0 : 1e-12 * Math.abs(value))
    })
  const bases = [itself, ...(whole ? parts : scales), ...quadratic(values, sizes)]
  return bases
    .flatMap((base): Form[] => {
      const [here, there] = [base.at(sizes[0]!), base.at(sizes[1]!)]
      const slope = (second - first) / (there - here)
      const line = { factor: slope, base, offset: first - slope * here }
      return [{ factor: first / here, base, offset: 0 }, line]
    })
    .find(fits)
}

/** Returns the function n² + c·n, with an integer c, that may fit three values if scaled and shifted; [] if none. */
function quadratic([a, b, c]: readonly number[], [k, l, m]: readonly number[]): Base[] {
  if (c === undefined) return []
  const first = (b! - a!) / (l! - k!)
  const second = ((c - b!) / (m! - l!) - first) / (m! - k!)
  const linear = Math.round(first / second) - k! - l!
  if (!Number.isFinite(linear)) return []
  return [{ at: (n) => n * (n + linear), of: (n) => mul(n, add(n, linear)) }]
}

/** Formats a size in the shape of an input or output: a number, `N`, `2*N`, or `name` for any other form. */
export function showSize({ factor, base, offset }: Form, name: string): number | string {
  if (factor === 0) return offset
  if (base !== itself || offset !== 0) return name
  return factor === 1 ? 'N' : `${factor}*N`
}

/** Makes a tensor whose elements are the given functions of the number of examples (forms). */
export type Writer = (forms: readonly Form[], shape: Shape, dtype: DType) => Tensor

/** Returns a writer of graph nodes that take the number of examples from the shape of `x`. */
export function writerFor(x: Tensor): Writer {
  const shape = node('Shape', { inputs: [x], shape: [x.shape.length], dtype: 'int64' })
  const first = { inputs: [shape, scalar(0, 'int64')], attributes: { axis: 0 }, shape: [] }
  const count = node('Gather', first)
  return (forms, shape, dtype) => {
    const along = (of: (form: Form) => number): Tensor => constant(forms.map(of), shape, dtype)
    const bases = [...new Set(forms.filter(varies).map(({ base }) => base))]
    const terms = bases.map((base) => {
      const factors = along((form) => (form.base === base ? form.factor : 0))
      return mul(base.of(cast(count, dtype)), factors)
    })
    const constants = forms.some(({ offset }) => offset !== 0) ? [along(({ offset }) => offset)] : []
    const [one, ...others] = [...terms, ...constants]
    return others.reduce(add, one ?? along(({ offset }) => offset))
  }
}
