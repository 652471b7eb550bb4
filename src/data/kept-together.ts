import type { Dataset } from './dataset.ts'

// By the field `y`, which stays the same object where `x` is normalized or encoded.
const known = new WeakSet<object>()

/** Notes that a split kept examples of this part together, or in order: examples must not change parts at random. */
export function keepTogether<D extends Dataset>(part: D): D {
  known.add(part.y)
  return part
}

/** Whether a split kept examples of this part together, or in order. */
export const isKeptTogether = ({ y }: Pick<Dataset, 'y'>): boolean => known.has(y)
