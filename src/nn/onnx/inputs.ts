import { isFloat } from '../../core/dtype.ts'
import { ShapeError } from '../../core/errors.ts'
import { mismatch } from '../../core/mismatch.ts'
import { showShape, showTensor } from '../../core/shape.ts'
import { isTensor, type Tensor } from '../../core/tensor.ts'
import type { FileValue } from '../../onnx/foreign.ts'
import { dtypeOf } from '../../onnx/foreign-tensor.ts'
import { cast } from '../../ops/compare.ts'
import type { Surroundings } from './call.ts'
import type { NetworkDesign } from './design.ts'

/** Returns the tensors that the graph reads, by name. @throws {EvenstepError} when they are not what it wants. */
export function graphInputs({ who, inputs, fixed }: NetworkDesign, x: unknown): Map<string, Tensor> {
  const names = inputs.map(({ name }) => name)
  const record = isTensor(x) && inputs.length === 1 ? { [names[0]!]: x } : x
  const isRecord = typeof record === 'object' && record !== null && !isTensor(record)
  const wanted = `${names.length === 1 ? 'the input' : 'inputs by name'}: ${names.join(', ')}`
  if (!isRecord) throw mismatch(who, wanted, isTensor(x) ? 'a tensor' : x, 'give the others as inputs: { … }')
  const found = new Map<string, Tensor>()
  for (const value of inputs) {
    const t = (record as Record<string, unknown>)[value.name]
    if (!isTensor(t)) throw mismatch(who, wanted, Object.keys(record as object).join(', ') || 'none')
    found.set(value.name, fitting(who, value, t))
  }
  const first = found.get(names[0] ?? '')
  for (const [name, value] of fixed) {
    if (typeof value !== 'function') found.set(name, value)
    else if (first) found.set(name, value(first))
  }
  return found
}

/** Returns an input as the file declares it: integers are cast, floats are left, since a network may be float64. */
function fitting(who: string, { name, type, shape }: FileValue, t: Tensor): Tensor {
  const dtype = dtypeOf(type)
  if (shape && shape.length !== t.shape.length) {
    const sizes = shape.map((n) => (typeof n === 'number' && n > 0 ? n : n || '?'))
    throw new ShapeError(`${who}: wanted ${name} as [${sizes.join(', ')}], got ${showShape(t.shape)}`)
  }
  if (dtype === undefined || dtype === t.dtype || (isFloat(dtype) && isFloat(t.dtype))) return t
  if (!isFloat(dtype) && !isFloat(t.dtype) && dtype !== 'bool') return cast(t, dtype)
  throw new ShapeError(`${who}: wanted ${name} as ${dtype}, got ${showTensor(t)}`)
}

/** Returns the batch size that the file declares and that of the input, if the file declares one. */
export function batchOf(
  { inputs, isAnyBatch }: NetworkDesign,
  given: ReadonlyMap<string, Tensor>,
): Surroundings['batch'] {
  const [first] = inputs
  const declared = first?.shape?.[0]
  const size = first && given.get(first.name)?.shape[0]
  if (typeof declared !== 'number' || declared < 1 || size === undefined) return undefined
  return { declared, given: size, isAny: isAnyBatch }
}
