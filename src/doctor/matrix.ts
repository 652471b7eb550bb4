import type { Data } from '../core/dtype.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Variable } from '../core/variable.ts'
import { concatenated, dot, maxOf, medianOf, type Numbers } from '../core/vector.ts'
import type { Fed, Outputs } from './structure.ts'

/** A weight of two or more axes, as seen by the layer after it. */
export interface Matrix {
  readonly name: string
  /** The weight, and the bias that shares its scale. */
  readonly parts: readonly Variable[]
  /** Number of rows: each makes one output. */
  readonly rows: number
  /** |cos(gradient, weight)| of the rows, and the limit below which a row counts as scale-invariant. */
  readonly cosines: { readonly greatest: number; readonly median: number; readonly limit: number }
  /** Share of rows that are not scale-invariant. */
  readonly variant: number
}

/** The numbers of variables, one after another. */
export const numbersOf = (parts: readonly Variable[]): Float64Array =>
  concatenated(parts.map(({ data }) => data))

/** δ of AdamP: rows whose cosine is below δ/√dim count as scale-invariant. */
const delta = 0.1

/**
 * A weight with the cosines of its rows, taken together with the bias unless the layer after it cancels that.
 */
export function matrixOf(
  { weight, outputs, bias, cancels }: Fed,
  trained: ReadonlyMap<string, Variable>,
  gradient: ReadonlyMap<string, Data>,
): Matrix {
  const names = bias === undefined || cancels ? [weight] : [weight, bias]
  const parts = names.map((one) => trained.get(one)!)
  const [{ shape, data }] = parts as [Variable, ...Variable[]]
  const rows = shape[outputs.axis]! * outputs.groups
  const laidOut = (numbers: Numbers, i: number): Numbers =>
    i === 0 ? byOutput(numbers, shape, outputs) : numbers
  const cosines = rowCosines(
    parts.map((part, i) => laidOut(part.data, i)),
    names.map((one, i) => laidOut(gradient.get(one)!, i)),
    rows,
  )
  const limit = delta / Math.sqrt(data.length / rows)
  return {
    name: weight,
    parts,
    rows,
    cosines: { greatest: maxOf(cosines), median: medianOf(cosines), limit },
    variant: cosines.filter((cos) => cos > limit).length / rows,
  }
}

/** The numbers of a weight, grouped by output. */
function byOutput(numbers: Numbers, shape: Shape, { axis, groups }: Outputs): Numbers {
  if (axis === 0) return numbers
  const [along, inner] = [shape[axis]!, sizeOf(shape.slice(axis + 1))]
  const depth = sizeOf(shape.slice(0, axis)) / groups
  return Float64Array.from(numbers, (_, at) => {
    const [row, within] = [Math.floor(at / (depth * inner)), at % (depth * inner)]
    const [group, place] = [Math.floor(row / along), row % along]
    const outer = group * depth + Math.floor(within / inner)
    return Number(numbers[(outer * along + place) * inner + (within % inner)])
  })
}

/** |cos(g, w)| of each row; 0 where the gradient is 0. */
function rowCosines(weights: readonly Numbers[], slopes: readonly Numbers[], rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const over = (a: readonly Numbers[], b: readonly Numbers[]): number =>
      a.reduce((sum, part, i) => {
        const size = part.length / rows
        return sum + dot(part, b[i]!, row * size, (row + 1) * size)
      }, 0)
    const scale = Math.sqrt(over(weights, weights) * over(slopes, slopes))
    return scale === 0 ? 0 : Math.abs(over(weights, slopes)) / scale
  })
}
