import type { Tensor } from '../core/tensor.ts'

type Interval = readonly [min: number, max: number]

const all: Interval = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

/** Operators whose output has the elements of their first input, in whatever order and number. */
const moves: ReadonlySet<string> = new Set([
  ...['Cast', 'Expand', 'Flatten', 'Gather', 'GatherElements', 'Identity', 'Reshape', 'Slice'],
  ...['Split', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze'],
])

/** Returns the least and greatest value that the elements of a tensor can have, as far as its graph tells. */
export function intervalOf(t: Tensor): Interval {
  const [a, b, c] = t.inputs
  if (t.op === 'Constant') return union(Array.from(t.data!, (value) => [value, value]))
  if (t.dtype === 'bool') return [0, 1]
  if (t.op === 'ArgMax' || t.op === 'ArgMin') return [0, a!.shape.at(Number(t.attributes.axis))! - 1]
  if (t.op === 'TopK' && t.output?.index === 1) return [0, a!.shape.at(Number(t.attributes.axis))! - 1]
  if (t.op === 'Where') return union([intervalOf(b!), intervalOf(c!)])
  if (t.op === 'Add') return sum(intervalOf(a!), intervalOf(b!))
  if (t.op === 'Concat') return union(t.inputs.map(intervalOf))
  return moves.has(t.op) ? intervalOf(a!) : all
}

const union = (intervals: readonly Interval[]): Interval => [
  Math.min(...intervals.map(([min]) => min)),
  Math.max(...intervals.map(([, max]) => max)),
]

const sum = (a: Interval, b: Interval): Interval => [a[0] + b[0], a[1] + b[1]]
