import { sameShape } from '../core/shape.ts'
import { constant, node, type Tensor } from '../core/tensor.ts'
import { rebuild, usesOf } from './rebuild.ts'

/**
 * Rewrites, in a graph, each sum of zero-padded pieces that are adjacent along an axis as one Concat of the pieces.
 *
 * The gradient of a sliced tensor is such a sum, in which each term is as large as the whole tensor: for 28 slices of
 * a tensor `[28, 64, 128]`, the sum takes 4.3 ms, the Concat 0.7 ms.
 */
export function joinPadded(roots: readonly Tensor[]): Tensor[] {
  const uses = usesOf(roots)
  const remade = new Map<Tensor, Tensor>()
  return rebuild(roots, (t, before) => {
    const terms = t.op === 'Add' ? addendsOf(before, uses).map((term) => remade.get(term)!) : []
    const joined = join(terms, t)
    remade.set(before, joined ?? t)
    return joined ?? t
  })
}

/** Returns the terms of a sum, including the terms of nested sums of the same shape that are used nowhere else. */
export function addendsOf(sum: Tensor, uses: ReadonlyMap<Tensor, number>): Tensor[] {
  return sum.inputs.flatMap((x) => {
    const isInner = x.op === 'Add' && uses.get(x) === 1 && sameShape(x.shape, sum.shape)
    return isInner ? addendsOf(x, uses) : [x]
  })
}

/** A tensor with a run of adjacent `pieces` from index `start` to before `end` of one axis, and zeros elsewhere. */
interface Run {
  readonly axis: number
  readonly start: number
  readonly end: number
  readonly pieces: readonly Tensor[]
  /** Any of the Pad nodes whose sum the join replaces; it has the join's shape, element type and fill value 0. */
  readonly term: Tensor
}

/** Returns the sum of `terms` after joining terms whose unpadded parts are adjacent; undefined if none are. */
function join(terms: readonly Tensor[], sum: Tensor): Tensor | undefined {
  const others: Tensor[] = []
  const padded: Run[] = []
  for (const term of terms) {
    const run = sameShape(term.shape, sum.shape) ? asRun(term) : undefined
    if (run) padded.push(run)
    else others.push(term)
  }
  const runs = padded.sort((a, b) => a.axis - b.axis || a.start - b.start).reduce(append, [])
  if (runs.length === padded.length) return undefined
  // Runs come first, as they have the shape of the sum; other terms may be broadcast to it.
  return [...runs.map(write), ...others].reduce((a, b) => node('Add', { inputs: [a, b], ...typeOf(sum) }))
}

/** Returns the unpadded part of a tensor that was zero-padded along one axis; undefined for any other tensor. */
function asRun(term: Tensor): Run | undefined {
  const [piece, pads, value] = term.inputs
  if (term.op !== 'Pad' || value?.data?.[0] !== 0) return undefined
  const rank = term.shape.length
  const padded = term.shape.flatMap((n, axis) => (n === piece!.shape[axis] ? [] : [axis]))
  const axis = padded[0]!
  const start = Number(pads!.data![axis])
  if (padded.length !== 1 || pads!.data!.length !== 2 * rank) return undefined
  return { axis, start, end: start + piece!.shape[axis]!, pieces: [piece!], term }
}

/** Adds a `Run` to a list sorted by axis and start; merges it with the last one if the two are adjacent. */
function append(runs: readonly Run[], part: Run): Run[] {
  const last = runs.at(-1)
  const touches = last && last.axis === part.axis && last.end === part.start
  if (!touches) return [...runs, part]
  return [...runs.slice(0, -1), { ...last, end: part.end, pieces: [...last.pieces, ...part.pieces] }]
}

/** Returns the tensor that a `Run` describes: the Concat of its pieces, padded to the shape of the sum. */
function write({ axis, start, end, pieces, term }: Run): Tensor {
  if (pieces.length === 1) return term
  const shape = term.shape.with(axis, end - start)
  const joined = node('Concat', { inputs: pieces, attributes: { axis }, shape, dtype: term.dtype })
  if (sameShape(shape, term.shape)) return joined
  const pads = term.shape.map(() => 0)
  const both = [...pads.with(axis, start), ...pads.with(axis, term.shape[axis]! - end)]
  return node('Pad', {
    inputs: [joined, constant(both, [both.length], 'int64'), term.inputs[2]!],
    ...typeOf(term),
  })
}

const typeOf = ({ shape, dtype }: Tensor): Pick<Tensor, 'shape' | 'dtype'> => ({ shape, dtype })
