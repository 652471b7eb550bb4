import { int64s, node, type Tensor, topological } from '../core/tensor.ts'
import { rebuild } from './rebuild.ts'

/** A slice of consecutive elements along one axis; all others are whole. */
interface Part {
  readonly slice: Tensor
  readonly axis: number
  readonly start: number
  readonly size: number
}

/**
 * Rewrites slices that together are the whole of a tensor, such as the gates of a recurrent network, as one Split. Four
 * slices of [32, 512] take 26 µs, a Split 9 µs.
 */
export function splitSlices(roots: readonly Tensor[]): Tensor[] {
  const parts = new Map<Tensor, Part[]>()
  for (const t of topological(roots)) {
    const part = asPart(t)
    const [x] = t.inputs
    if (part) parts.set(x!, [...(parts.get(x!) ?? []), part])
  }
  const places = new Map<Tensor, { readonly axis: number; readonly index: number; readonly sizes: Tensor }>()
  for (const [x, list] of parts) {
    const sorted = list.sort((a, b) => a.start - b.start)
    if (!areWhole(sorted, x)) continue
    const sizes = int64s(sorted.map(({ size }) => size))
    for (const [index, { slice, axis }] of sorted.entries()) places.set(slice, { axis, index, sizes })
  }
  return rebuild(roots, (t, before) => {
    const place = places.get(before)
    if (!place) return t
    const { axis, index, sizes } = place
    const output = { index, count: sizes.shape[0]! }
    return node('Split', {
      ...typeOf(t),
      inputs: [t.inputs[0]!, sizes],
      attributes: { axis },
      output,
    })
  })
}

const typeOf = ({ shape, dtype }: Tensor): Pick<Tensor, 'shape' | 'dtype'> => ({ shape, dtype })

/** Returns what a slice of one axis takes; undefined for other nodes. */
function asPart(t: Tensor): Part | undefined {
  const [x, starts, , , steps] = t.inputs
  if (t.op !== 'Slice' || !Array.from(steps!.data!).every((step) => step === 1)) return undefined
  const cut = t.shape.flatMap((n, axis) => (n === x!.shape[axis] ? [] : [axis]))
  const [axis] = cut
  if (cut.length !== 1 || axis === undefined) return undefined
  return { slice: t, axis, start: Number(starts!.data![axis]), size: t.shape[axis]! }
}

/** Whether parts, sorted by their start, are two or more along one axis, and all of `x`. */
function areWhole(parts: readonly Part[], x: Tensor): boolean {
  const [{ axis }] = parts as readonly [Part, ...Part[]]
  let end = 0
  for (const part of parts) {
    if (part.axis !== axis || part.start !== end) return false
    end += part.size
  }
  return parts.length > 1 && end === x.shape[axis]
}
