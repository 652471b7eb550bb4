import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import { custom, type OptionsOf, readOptions, required, text } from '../core/options.ts'
import type { NumberInput } from './arrays.ts'
import type { Batch } from './batch.ts'
import { type FieldSpec, namesOf } from './dataset.ts'
import { rowSpec, type TensorSpec } from './record.ts'
import type { Stream } from './stream.ts'
import { checkTensorName, type TensorInputs, tensorOptions, tensors } from './tensors.ts'

interface TensorStreamSpec extends OptionsOf<typeof tensorOptions> {}

const isRecord = (value: unknown): boolean => {
  const own = Object.values(Object(value))
  return own.length > 0 && own.every((one) => Object(one) === one && !Array.isArray(one))
}
const specs = custom<Readonly<Record<string, TensorStreamSpec>>>(
  'an object with the options of each tensor by name, such as { image: { shape: [28, 28] }, age: {} }',
  isRecord,
)

const options = {
  /** Inputs by name, each with its shape for one example (`[1]` by default) and element type. */
  x: required(specs),
  /** Targets by name; those with `classes` or `classNames` hold labels. Shapes are `[]` by default. */
  y: required(specs),
  /** Any text that identifies these examples. A run is resumed only if this text is unchanged. */
  fingerprint: text(),
}

export interface TensorStreamOptions extends OptionsOf<typeof options> {}

/** Values of an example's tensors by name: flat arrays, nested lists, or one number. */
interface TensorExample {
  readonly x: Readonly<Record<string, number | NumberInput>>
  readonly y: Readonly<Record<string, number | NumberInput>>
}

/** Number of examples in a batch that the stream yields. */
const chunk = 256

/**
 * Makes a stream of examples whose `x` and `y` are named tensors, as `data.tensors` does of arrays.
 *
 * @param examples yields examples, synchronously or not, and is called for each epoch
 * @throws {ArgumentError} during reading, when an example does not fit the options.
 * @example
 * data.tensorStream(function* () { yield { x: { image: [0, 1], age: 30 }, y: { kind: 1 } } },
 *   { x: { image: { shape: [2] }, age: {} }, y: { kind: { classes: 2 } } })
 */
export function tensorStream(
  examples: (epoch: number) => AsyncIterable<TensorExample> | Iterable<TensorExample>,
  given: TensorStreamOptions,
): Stream {
  const read = readOptions('tensorStream', options, given)
  if (typeof examples !== 'function')
    throw mismatch('tensorStream', 'a function that yields the examples of an epoch', examples)
  const spec = {
    ...(read.fingerprint !== undefined && { fingerprint: read.fingerprint }),
    x: fieldOf(read.x, [1]),
    y: fieldOf(read.y, []),
  }
  return {
    ...spec,
    read: async function* (epoch) {
      let held: TensorExample[] = []
      let before = 0
      for await (const example of examples(epoch)) {
        checkNames(example, spec, before + held.length)
        if (held.push(example) < chunk) continue
        yield batchOf(held, spec, before)
        before += held.length
        held = []
      }
      if (held.length > 0) yield batchOf(held, spec, before)
    },
  }
}

function fieldOf(given: Readonly<Record<string, TensorStreamSpec>>, scalar: readonly number[]): FieldSpec {
  const each = Object.entries(given).map(([name, one]): [string, TensorSpec] => {
    checkTensorName('tensorStream', name)
    const {
      shape = scalar,
      dtype,
      target,
      ...names
    } = readOptions(`tensorStream: ${name}`, tensorOptions, one)
    const classes = names.classes ?? names.classNames?.length
    const isLabel = classes !== undefined || target === 'labels'
    return [
      name,
      { shape, dtype: dtype ?? (isLabel ? 'int32' : 'float32'), ...namesOf({ ...names, classes }) },
    ]
  })
  return rowSpec(Object.fromEntries(each))
}

/** Converts examples to a batch, as `data.tensors` does. @param before number of examples before them */
function batchOf(held: readonly TensorExample[], spec: Pick<Stream, 'x' | 'y'>, before: number): Batch {
  const columns = (field: 'x' | 'y') =>
    Object.fromEntries(
      Object.entries(spec[field].tensors!).map(([name, one]) => [
        name,
        { ...one, data: held.map((example) => example[field][name]) },
      ]),
    )
  try {
    const { x, y, length } = tensors({ x: columns('x') as TensorInputs, y: columns('y') as TensorInputs })
    return { x: x.data, y: y.data, length }
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    const place = `examples ${before} to ${before + held.length - 1}`
    throw new ArgumentError(error.message.replace(/^tensors/, `tensorStream: ${place}`))
  }
}

/** @throws {ArgumentError} when an example has not exactly the tensors of the stream. */
function checkNames(example: unknown, spec: Pick<Stream, 'x' | 'y'>, index: number): void {
  const wanted = { '': ['x', 'y'], x: Object.keys(spec.x.tensors!), y: Object.keys(spec.y.tensors!) }
  for (const [field, names] of Object.entries(wanted)) {
    const got = Object.keys(Object(field === '' ? example : Object(example)[field]))
    if (got.length === names.length && names.every((name) => got.includes(name))) continue
    const all = `${names.join(', ')}${field && ` in ${field}`} of example ${index}`
    throw new ArgumentError(`tensorStream: wanted ${all}, got ${got.join(', ') || 'none of them'}`)
  }
}
