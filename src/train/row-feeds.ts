import type { Data } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import type { FieldSpec } from '../data/dataset.ts'
import { fromRows, placesOf, toRows } from '../data/record.ts'
import type { HostTensor } from '../runtime/session.ts'

/** Returns the inputs of an exported graph: `x` or, of several inputs, each by its name, taken out of the rows. */
export function inputFeeds({ shape, dtype, tensors }: FieldSpec, rows: Data): Map<string, HostTensor> {
  const width = sizeOf(shape)
  const n = rows.length / width
  if (!tensors) return new Map([['x', { dtype, shape: [n, ...shape], data: rows }]])
  return new Map(
    placesOf(tensors).map((place) => {
      const { spec, name } = place
      return [name, { dtype: spec.dtype, shape: [n, ...spec.shape], data: fromRows(rows, width, place) }]
    }),
  )
}

/** Returns the output `y` of an exported graph for n examples or, of several outputs, their rows. */
export function outputRows(
  { dtype, tensors }: FieldSpec,
  outputs: ReadonlyMap<string, Data>,
  n: number,
): Data {
  if (!tensors) return outputs.get('y')!
  const width = placesOf(tensors).reduce((sum, { size }) => sum + size, 0)
  const spec = { shape: [width], dtype, tensors }
  return toRows('predict', spec, n, (name) => outputs.get(name) as Float32Array)
}
