import { ArgumentError } from '../core/errors.ts'
import { size } from '../core/options.ts'
import { misfit, resolveAxes, showTensor } from '../core/shape.ts'
import { node, type Tensor } from '../core/tensor.ts'
import { squeeze, unsqueeze } from './movement.ts'
import { type SliceRange, slice } from './slice.ts'

// Concatenating tensors along an axis and splitting them are adjoint to each other, so they share a file.

/**
 * Concatenates tensors along `axis`. As PyTorch's `cat`.
 *
 * @param tensors one or more, of one element type, whose shapes differ only along `axis`
 * @throws {ArgumentError} when `tensors` is empty.
 * @throws {ShapeError} when shapes or types do not fit.
 */
export function concat(tensors: readonly Tensor[], axis: number = 0): Tensor {
  const [first] = tensors
  if (!first) throw new ArgumentError('concat: wanted one tensor or more, got none')
  if (tensors.length === 1) return first
  const [along] = resolveAxes('concat', [axis], first.shape.length)
  const other = tensors.find((t) => !joins(first, t, along!))
  if (other) throw misfit('concat', `${showTensor(first)} but for axis ${along}`, other)
  const sizes = tensors.map((t) => t.shape[along!]!)
  const total = sizes.reduce((a, b) => a + b, 0)
  return node('Concat', {
    inputs: tensors,
    attributes: { axis: along! },
    shape: first.shape.map((n, i) => (i === along ? total : n)),
    grad: (dy) => split(dy, sizes, along),
  })
}

const joins = (a: Tensor, b: Tensor, axis: number): boolean =>
  a.dtype === b.dtype &&
  a.shape.length === b.shape.length &&
  a.shape.every((n, i) => i === axis || n === b.shape[i])

/**
 * Splits `x` into consecutive pieces along `axis`. As PyTorch's `split`.
 *
 * @param sizes a list with the size of each piece, or one size for all pieces, the last of which may be smaller
 * @throws {ShapeError} when the sizes do not add up to the size of the axis.
 */
export function split(x: Tensor, sizes: number | readonly number[], axis: number = 0): Tensor[] {
  const [along] = resolveAxes('split', [axis], x.shape.length)
  const n = x.shape[along!]!
  const parts = typeof sizes === 'number' ? equalParts(n, sizes) : sizes
  const valid = parts.every((size) => Number.isInteger(size) && size >= 0)
  if (!valid || parts.reduce((a, b) => a + b, 0) !== n) {
    throw misfit('split', `sizes that add up to ${n}`, JSON.stringify(sizes))
  }
  let start = 0
  return parts.map((size) => {
    const part = between(x, along!, start, start + size)
    start += size
    return part
  })
}

const between = (x: Tensor, axis: number, start: number, end: number): Tensor =>
  slice(x, [...new Array<SliceRange>(axis).fill([]), [start, end]])

const equalParts = (n: number, size: number): number[] =>
  size > 0 ? Array.from({ length: Math.ceil(n / size) }, (_, i) => Math.min(size, n - i * size)) : [size]

/**
 * Splits `x` along `axis` into at most `count` pieces of one size, the last of which may be smaller. As
 * PyTorch's `chunk`.
 */
export const chunk = (x: Tensor, count: number, axis: number = 0): Tensor[] => {
  const [along] = resolveAxes('chunk', [axis], x.shape.length)
  size.read('chunk', 'count', count)
  return split(x, Math.ceil(x.shape[along!]! / count), along)
}

/** Stacks tensors of one shape along a new `axis`: n tensors `[a, b]` to `[n, a, b]`. As PyTorch's `stack`. */
export function stack(tensors: readonly Tensor[], axis: number = 0): Tensor {
  if (tensors.length === 0) throw new ArgumentError('stack: wanted one tensor or more, got none')
  const longer = tensors.map((t) => unsqueeze(t, axis))
  return concat(longer, axis)
}

/** Splits `x` along `axis`, and removes that axis: `[n, a, b]` to n tensors `[a, b]`. As PyTorch's `unbind`. */
export function unbind(x: Tensor, axis: number = 0): Tensor[] {
  const along = resolveAxes('unbind', [axis], x.shape.length)
  return split(x, 1, along[0]).map((part) => squeeze(part, along))
}

/** Shifts elements by `shift` positions along `axis`, wrapping around at the ends. As PyTorch's `roll`. */
export function roll(x: Tensor, shift: number, axis: number): Tensor {
  const [along] = resolveAxes('roll', [axis], x.shape.length)
  const n = x.shape[along!]!
  const cut = n === 0 ? 0 : ((-shift % n) + n) % n
  if (cut === 0) return x
  const [left, right] = split(x, [cut, n - cut], along)
  return concat([right!, left!], along)
}
