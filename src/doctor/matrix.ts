import type { Data } from '../core/dtype.ts'
import type { Variable } from '../core/variable.ts'
import { concatenated, dot, maximum, median, type Numbers } from './vector.ts'

/** A weight of two or more axes, as the layer after it sees it. */
export interface Matrix {
  readonly name: string
  /** The weight, and the bias that has a scale in common with it. */
  readonly parts: readonly Variable[]
  /** The greatest |cos(gradient, weight)| of a row, and that of most rows. */
  readonly cosines: { readonly greatest: number; readonly median: number; readonly limit: number }
  /** Which part of its rows is not scale-invariant. */
  readonly variant: number
}

/** The numbers of variables, one after another. */
export const numbersOf = (parts: readonly Variable[]): Float64Array =>
  concatenated(parts.map(({ data }) => data))

/** δ of AdamP: rows whose cosine is below δ/√dim are taken for scale-invariant. */
const delta = 0.1

/** A weight with the cosines of its rows: of the weight alone, or where it is less, together with its bias. */
export function matrixOf(
  name: string,
  bias: string | undefined,
  trained: ReadonlyMap<string, Variable>,
  gradient: ReadonlyMap<string, Data>,
): Matrix {
  const names = bias === undefined ? [name] : [name, bias]
  const parts = names.map((one) => trained.get(one)!)
  const rows = parts[0]!.shape[0]!
  const cosines = rowCosines(
    parts.map(({ data }) => data),
    names.map((one) => gradient.get(one)!),
    rows,
  )
  const limit = delta / Math.sqrt(parts[0]!.data.length / rows)
  return {
    name,
    parts,
    cosines: { greatest: maximum(cosines), median: median(cosines), limit },
    variant: cosines.filter((cos) => cos > limit).length / rows,
  }
}

/** |cos(g, w)| of each row; 0 where the gradient is. */
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
