import { ShapeError } from '../core/errors.ts'
import { nearest } from '../core/mismatch.ts'
import { sizeOf } from '../core/shape.ts'
import { input, isTensor, type Tensor } from '../core/tensor.ts'
import { placesOf, rowSpec, type TensorSpecs } from '../data/record.ts'
import type { TensorRecord } from '../nn/module.ts'
import { reshape } from '../ops/broadcast.ts'
import { cast } from '../ops/compare.ts'
import { concat } from '../ops/concat.ts'
import { slice } from '../ops/slice.ts'

// Graphs take and return the tensors of a record as rows, as data sets store them; see src/data/record.ts.

/** Records that were joined to rows, by the rows; and what such rows consist of. */
const joined = new WeakMap<Tensor, TensorRecord>()
const layouts = new WeakMap<Tensor, TensorSpecs>()

/** Returns the tensors of a record, given its rows `[n, width]`. Integers in rows of floats are cast back. */
export function recordOf(rows: Tensor, specs: TensorSpecs = layouts.get(rows) ?? {}): TensorRecord {
  const known = joined.get(rows)
  if (known) return known
  const [n] = rows.shape
  return Object.fromEntries(
    placesOf(specs).map(({ name, spec, from, size }) => {
      const own = reshape(slice(rows, [[], [from, from + size]]), [n!, ...spec.shape])
      return [name, spec.dtype === 'int32' ? cast(own, 'int32') : own]
    }),
  )
}

/** Joins tensors, which have the examples on axis 0, to rows `[n, width]`, in the given order of names. */
export function rowsFrom(record: TensorRecord, names: readonly string[]): Tensor {
  const { dtype } = record[names[0]!]!
  const flat = names.map((name) => {
    const t = record[name]!
    return cast(reshape(t, [t.shape[0] ?? 1, sizeOf(t.shape.slice(1))]), dtype)
  })
  // A copy, as rows of one tensor would otherwise be that tensor.
  const rows = { ...concat(flat, 1) }
  joined.set(rows, record)
  const specs = names.map((name) => [name, { shape: record[name]!.shape.slice(1), dtype }])
  layouts.set(rows, Object.fromEntries(specs))
  return rows
}

/** Returns what the rows `t` consist of; undefined for any other tensor. */
export const layoutOf = (t: Tensor): TensorSpecs | undefined => layouts.get(t)

/** Returns a graph input like `t`, also in the tensors that it consists of, for `examples` examples. */
export function inputLike(t: Tensor, examples: number): Tensor {
  const made = input([examples, ...t.shape.slice(1)], t.dtype)
  const layout = layouts.get(t)
  if (layout) layouts.set(made, layout)
  return made
}

/** Returns a graph input of rows that consist of the given tensors. */
export function rowsInput(examples: number, specs: TensorSpecs): Tensor {
  const { shape, dtype } = rowSpec(specs)
  const made = input([examples, ...shape], dtype)
  layouts.set(made, specs)
  return made
}

/** @throws {ShapeError} unless a model's output has exactly the tensors that are named, with the examples on axis 0. */
export function checkOutputs(who: string, output: unknown, names: readonly string[], examples: number): void {
  const wanted = `${who}: wanted forward to return the tensors ${names.join(', ')} by name`
  if (isTensor(output) || Object(output) !== output) {
    const got = isTensor(output) ? 'one tensor' : typeof output
    throw new ShapeError(`${wanted}, got ${got}`)
  }
  const own = Object.keys(output as object)
  const stranger = own.find((name) => !names.includes(name))
  if (stranger !== undefined) {
    const near = nearest(stranger, names)
    throw new ShapeError(`${wanted}, got ${stranger}${near === undefined ? '' : `; did you mean ${near}?`}`)
  }
  for (const name of names) {
    const t = (output as TensorRecord)[name]
    if (!isTensor(t)) throw new ShapeError(`${wanted}, got ${own.join(', ') || 'none'}; return ${name}, too`)
    if (t.shape[0] !== examples)
      throw new ShapeError(`${who}: wanted ${name} of ${examples} examples, got ${t.shape[0] ?? 'a scalar'}`)
  }
}
