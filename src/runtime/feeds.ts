import { finiteAt } from '../core/bounds.ts'
import { allocate, type Data, holds } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { type Shape, showShape, sizeOf } from '../core/shape.ts'
import { graphNames } from '../onnx/model.ts'
import type { HostTensor } from './session.ts'
import type { Traced } from './traced.ts'

/** Values of a step's inputs by name. */
export type Feeds = Readonly<Record<string, Data>>

/**
 * Returns the values of all inputs of a graph: the caller's `feeds`, the variables and the schedules.
 *
 * @param step number of the step, which schedules depend on; with `loop`, of the first step
 * @throws {ArgumentError} when values have the wrong type or length, or a schedule's value is not finite.
 */
export function feedsOf(traced: Traced, feeds: Feeds, step: number, loop: boolean): Map<string, HostTensor> {
  if (typeof feeds !== 'object' || feeds === null) {
    const names = [...traced.inputs.values()].map(({ name }) => name)
    throw mismatch('step', `the values of ${names.join(', ') || 'no inputs'} by name`, feeds)
  }
  const count = loop ? countOf(traced, feeds) : 1
  const stack = (shape: Shape): Shape => (loop ? [count, ...shape] : shape)
  const values = new Map<string, HostTensor>()
  if (loop) values.set(graphNames.count, { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(count)) })
  for (const [key, { name, read, fixed }] of traced.inputs) {
    const { dtype } = read
    const shape = fixed ? read.shape : stack(read.shape)
    values.set(key, { dtype, shape, data: checked(name, { dtype, shape }, feeds[name]) })
  }
  for (const [key, { variable }] of traced.variables) {
    values.set(key, { dtype: variable.dtype, shape: variable.shape, data: variable.data })
  }
  for (const [key, { name, value, read }] of traced.scheduled) {
    const data = allocate(read.dtype, count)
    for (let k = 0; k < count; k++) data[k] = finiteAt(name, value(step + k), step + k)
    values.set(key, { dtype: read.dtype, shape: stack([]), data })
  }
  return values
}

function checked(name: string, { dtype, shape }: Omit<HostTensor, 'data'>, data: Data | undefined): Data {
  const size = sizeOf(shape)
  if (data && holds(dtype, data) && data.length === size) return data
  const got = data ? `${data.length} in ${data.constructor.name}` : String(data)
  throw new ArgumentError(
    `step: wanted ${name} as ${size} numbers of ${dtype} for ${showShape(shape)}, got ${got}`,
  )
}

/** Returns the number of steps K, from the length of the first input that is neither `fixed` nor empty. */
export function countOf({ inputs }: Traced, feeds: Feeds): number {
  const first = [...inputs.values()].find(({ read, fixed }) => !fixed && sizeOf(read.shape) > 0)
  if (!first) return 1
  return Math.max(1, Math.round((feeds[first.name]?.length ?? 0) / sizeOf(first.read.shape)))
}
