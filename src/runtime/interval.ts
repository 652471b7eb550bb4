import { isFloat } from '../core/dtype.ts'
import type { Tensor } from '../core/tensor.ts'

type Interval = readonly [min: number, max: number]

const all: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

/** Operators that only move elements: every element of their output is an element of their first input. */
const moves: ReadonlySet<string> = new Set([
  ...['Cast', 'Expand', 'Flatten', 'Gather', 'GatherElements', 'Identity', 'Reshape', 'Slice'],
  ...['Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze'],
])

/** Returns the least and the greatest value that a tensor's elements can have, as far as its graph shows. */
export function intervalOf(t: Tensor, known: Map<Tensor, Interval> = new Map()): Interval {
  const interval = known.get(t) ?? computed(t, (input) => intervalOf(input!, known))
  known.set(t, interval)
  return interval
}

function computed(t: Tensor, of: (input: Tensor | undefined) => Interval): Interval {
  const [a, b, c] = t.inputs
  if (t.op === 'Constant') return union(Array.from(t.data!, (value) => [value, value]))
  if (t.dtype === 'bool') return [0, 1]
  if (isFloat(t.dtype)) return all
  const isPosition = t.op === 'ArgMax' || t.op === 'ArgMin' || (t.op === 'TopK' && t.output?.index === 1)
  if (isPosition) return [0, a!.shape.at(Number(t.attributes.axis))! - 1]
  if (t.op === 'Where') return union([of(b), of(c)])
  if (t.op === 'Add') return sum(of(a), of(b))
  if (t.op === 'Concat') return union(t.inputs.map(of))
  return moves.has(t.op) ? of(a) : all
}

const union = (intervals: readonly Interval[]): Interval => [
  intervals.reduce((least, [min]) => Math.min(least, min), Number.POSITIVE_INFINITY),
  intervals.reduce((greatest, [, max]) => Math.max(greatest, max), Number.NEGATIVE_INFINITY),
]

const sum = (a: Interval, b: Interval): Interval => [a[0] + b[0], a[1] + b[1]]
