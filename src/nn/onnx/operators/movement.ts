import { broadcast, sizeOf } from '../../../core/shape.ts'
import type { Tensor } from '../../../core/tensor.ts'
import * as ops from '../../../ops/index.ts'
import { type NodeCall, type OperatorTable, positive, range, refusal } from '../call.ts'

// Reshaping, joining and cutting.

export const movement = (): OperatorTable => ({
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: (call) => ops.transpose(call.x, call.numbers('perm')),
  Concat: (call) => ops.concat(call.all(), call.axis(1)),
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: (call) => ops.expand(call.x, broadcast('Expand', call.x.shape, call.known(1, 'a shape') ?? [])),
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
})

/** Of a file for one batch size, on request, a leading literal of that size stands for the batch. */
function reshape(call: NodeCall): Tensor {
  const { x } = call
  const given = call.setting('shape', 1) ?? []
  const sizes = rebatched(call, given)
  const whole = sizes.map((n, i) => (n === 0 && !call.number('allowzero', 0) ? (x.shape[i] ?? 0) : n))
  const unknown = whole.indexOf(-1)
  const rest = sizeOf(whole.filter((n) => n !== -1))
  const full = unknown < 0 ? whole : whole.with(unknown, sizeOf(x.shape) / rest)
  if (sizeOf(full) === sizeOf(x.shape) && full.every((n) => Number.isInteger(n) && n >= 0))
    return ops.reshape(x, full)
  const { declared = 0, given: batch = 0 } = call.around.batch ?? {}
  const isForOne = declared > 0 && given[0] === declared && batch !== declared
  const fix = isForOne
    ? `the file is for ${declared} ${declared === 1 ? 'example' : 'examples'}: give batch: 'any'`
    : undefined
  throw refusal(`${sizeOf(x.shape)} elements`, `[${given.join(', ')}]`, fix)
}

function rebatched(call: NodeCall, given: readonly number[]): readonly number[] {
  const { batch } = call.around
  if (!batch || given[0] !== batch.declared || batch.given === batch.declared) return given
  if (call.x.shape[0] !== batch.given) return given
  const { x } = call
  const fits = given.includes(-1) || sizeOf(given) * batch.given === sizeOf(x.shape) * batch.declared
  if (!fits) return given
  if (batch.isAny) return given.with(0, batch.given)
  if (!given.includes(-1)) return given
  const fix = `the file is for ${batch.declared} ${batch.declared === 1 ? 'example' : 'examples'}: give batch: 'any'`
  throw refusal(`a shape that keeps ${batch.given} examples apart`, `[${given.join(', ')}]`, fix)
}

function flatten(call: NodeCall): Tensor {
  const { x } = call
  const from = call.axis(1)
  return ops.reshape(x, [sizeOf(x.shape.slice(0, from)), sizeOf(x.shape.slice(from))])
}

function squeeze(call: NodeCall): Tensor {
  const axes = call.setting('axes', 1)
  return axes ? ops.squeeze(call.x, axes) : ops.squeeze(call.x)
}

function unsqueeze(call: NodeCall): Tensor {
  const axes = call.setting('axes', 1) ?? []
  return axes
    .map((axis) => positive(axis, call.rank + axes.length))
    .sort((a, b) => a - b)
    .reduce((t, axis) => ops.unsqueeze(t, axis), call.x)
}

function split(call: NodeCall): Tensor[] {
  const axis = call.axis(0)
  const sizes = call.setting('split', 1)
  const [whole, count] = [call.x.shape[axis]!, call.number('num_outputs', call.outputs)]
  const part = Math.ceil(whole / count)
  const even = (): number[] => range(count).map((i) => Math.max(0, Math.min(part, whole - i * part)))
  return ops.split(call.x, sizes ?? even(), axis)
}

function slice(call: NodeCall): Tensor {
  const [starts, ends] = [call.setting('starts', 1) ?? [], call.setting('ends', 2) ?? []]
  const axes = call.setting('axes', 3) ?? range(starts.length)
  const steps = call.setting('steps', 4) ?? []
  const ranges: ops.SliceRange[] = call.x.shape.map(() => [])
  axes.forEach((axis, i) => {
    ranges[positive(axis, call.rank)] = [starts[i], ends[i], steps[i] ?? 1]
  })
  return ops.slice(call.x, ranges)
}

const padModes: Readonly<Record<string, 'reflect' | 'replicate' | 'circular'>> = {
  reflect: 'reflect',
  edge: 'replicate',
  wrap: 'circular',
}

/** Pads with a number or elements of the input; negative counts take elements away. */
function pad(call: NodeCall): Tensor {
  const { x } = call
  const counts = call.numbers('paddings') ?? call.setting('pads', 1) ?? []
  const axes = (call.known(3, 'axes') ?? range(call.rank)).map((axis) => positive(axis, call.rank))
  const both = x.shape.map((_, i): readonly [number, number] => {
    const at = axes.indexOf(i)
    return at < 0 ? [0, 0] : [counts[at] ?? 0, counts[at + axes.length] ?? 0]
  })
  const value = call.number('value') ?? call.known(2, 'a value')?.[0] ?? 0
  const mode = call.text('mode', 'constant')
  const kept = ops.slice(
    x,
    both.map(([before, after], i) => [Math.max(0, -before), x.shape[i]! + Math.min(0, after)]),
  )
  const added = both.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)])
  if (mode === 'constant') return ops.pad(kept, added, { value })
  const known = Object.hasOwn(padModes, mode) ? padModes[mode] : undefined
  if (known) return ops.pad(kept, added, { mode: known })
  throw refusal('constant, reflect, edge or wrap', mode)
}

function tile(call: NodeCall): Tensor {
  if (call.opset >= 6) return ops.tile(call.x, call.known(1, 'counts') ?? [])
  throw refusal('Tile of opset 6', call.opset)
}

function depthToSpace(call: NodeCall): Tensor {
  const { x } = call
  const b = call.number('blocksize', 1)
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const inner = c / b / b
  const isDepthFirst = call.text('mode', 'DCR') === 'DCR'
  const apart = ops.reshape(x, isDepthFirst ? [n, b, b, inner, h, w] : [n, inner, b, b, h, w])
  const turned = ops.transpose(apart, isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3])
  return ops.reshape(turned, [n, inner, h * b, w * b])
}

function spaceToDepth(call: NodeCall): Tensor {
  const b = call.number('blocksize', 1)
  const [n, c, h, w] = call.x.shape as [number, number, number, number]
  const apart = ops.reshape(call.x, [n, c, h / b, b, w / b, b])
  return ops.reshape(ops.transpose(apart, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b])
}
