import type { Data } from '../core/dtype.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Variable } from '../core/variable.ts'
import { concatenated, dot, maxOf, type Numbers } from '../core/vector.ts'
import type { Fed, Outputs } from './structure.ts'

/** A weight before BN, as a matrix with one row per output, and how scale-invariant its rows are. */
export interface Matrix {
  readonly name: string
  /** The weight and, if there is a bias that the following BN (batch normalization) does not cancel, the bias. */
  readonly parts: readonly Variable[]
  readonly rows: number
  /** Maximum over rows of |cos(gradient of the row, row)|: 0 for a row whose scale does not affect the loss. */
  readonly greatestCosine: number
  /** Fraction of rows that are not scale-invariant, since their scale affects the loss. */
  readonly variant: number
}

/** Returns the values of all these variables, concatenated. */
export const numbersOf = (parts: readonly Variable[]): Float64Array =>
  concatenated(parts.map(({ data }) => data))

/** δ of AdamP: a row of n elements counts as scale-invariant if |cos(gradient, row)| ≤ δ/√n. */
const delta = 0.1

/** Measures how scale-invariant the rows of a weight before BN are; a row includes its bias unless BN cancels it. */
export function matrixOf(
  { weight, outputs, bias, cancels }: Fed,
  trained: ReadonlyMap<string, Variable>,
  gradient: ReadonlyMap<string, Data>,
): Matrix {
  const names = bias === undefined || cancels ? [weight] : [weight, bias]
  const parts = names.map((name) => trained.get(name)!)
  const [{ shape, data }] = parts as [Variable, ...Variable[]]
  const rows = shape[outputs.axis]! * outputs.groups
  const inRows = (values: Numbers, i: number): Numbers =>
    i === 0 ? byOutput(values, shape, outputs) : values
  const cosines = rowCosines(
    parts.map((part, i) => inRows(part.data, i)),
    names.map((name, i) => inRows(gradient.get(name)!, i)),
    rows,
  )
  const limit = delta / Math.sqrt(data.length / rows)
  return {
    name: weight,
    parts,
    rows,
    greatestCosine: maxOf(cosines),
    variant: cosines.filter((cos) => cos > limit).length / rows,
  }
}

/** Returns a weight's values, reordered so that all values contributing to one output are adjacent. */
function byOutput(values: Numbers, shape: Shape, { axis, groups }: Outputs): Numbers {
  if (axis === 0) return values
  const [along, inner] = [shape[axis]!, sizeOf(shape.slice(axis + 1))]
  const depth = sizeOf(shape.slice(0, axis)) / groups
  return Float64Array.from(values, (_, at) => {
    const [row, within] = [Math.floor(at / (depth * inner)), at % (depth * inner)]
    const [group, place] = [Math.floor(row / along), row % along]
    const outer = group * depth + Math.floor(within / inner)
    return Number(values[(outer * along + place) * inner + (within % inner)])
  })
}

/** Returns |cos(gradient of the row, row)| for each row; 0 if the row or its gradient is 0. */
function rowCosines(weights: readonly Numbers[], gradients: readonly Numbers[], rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const over = (a: readonly Numbers[], b: readonly Numbers[]): number =>
      a.reduce((sum, part, i) => {
        const size = part.length / rows
        return sum + dot(part, b[i]!, row * size, (row + 1) * size)
      }, 0)
    const scale = Math.sqrt(over(weights, weights) * over(gradients, gradients))
    return scale === 0 ? 0 : Math.abs(over(weights, gradients)) / scale
  })
}
