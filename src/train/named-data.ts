import { asData, type Data, joinData } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { type Dataset, type FieldSpec, namesOf } from '../data/dataset.ts'
import { fileKind } from '../data/files/file-kind.ts'
import { fileName } from '../data/files/read-file.ts'
import type { TensorSpec, TensorSpecs } from '../data/record.ts'
import { type TensorInputs, tensors } from '../data/tensors.ts'
import { npzTensors, type Records, recordsOf } from './named-files.ts'
import { RecordReader } from './record-reader.ts'
import { RowReader } from './row-reader.ts'
import type { About } from './run-graph.ts'

type Values = Readonly<Record<string, Data>>

/**
 * Reads examples of several inputs or targets from a file, before their normalization: JSON lines of objects, a table
 * with columns as `predict` has them, or an NPZ file with an array of each name. A single input or target among them is
 * called `x` or `y`, unless the input's features or `target` name the columns.
 *
 * @throws {EvenstepError} when a tensor is missing, or does not fit the run's model.
 */
export async function namedData(
  path: string,
  about: About,
  { target = 'y', labels }: { readonly target?: string | undefined; readonly labels?: string | undefined },
): Promise<Dataset> {
  if (labels !== undefined)
    throw new ArgumentError(
      `--on: wanted --labels with NPY or IDX only, got it with ${path}; several inputs or targets are in one file`,
    )
  if (target !== 'y' && about.target.tensors)
    throw new ArgumentError(
      `--on: wanted no --target for a run of several targets, got ${target}; ${path} has a column or an array of each name`,
    )
  const ys = about.target.tensors ?? { [target]: singleTarget(about) }
  const xs = about.x.tensors ?? { x: inputSpec(about) }
  const { x, y } = fileKind(path) === 'npz' ? arrays(path, xs, ys) : await rows(path, about, xs, ys)
  try {
    const made = tensors({ x: columns(xs, x), y: columns(ys, y) })
    const { length } = made
    const names = about.target.tensors ? {} : namesOf(about)
    return { length, x: fieldOf(about.x, made.x.data), y: fieldOf(about.target, made.y.data), ...names }
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    throw new ArgumentError(error.message.replace(/^tensors: ([xy]\.)?/, () => `${fileName(path)}: `))
  }
}

const fieldOf = (spec: FieldSpec, data: Data) => ({ ...onlySpec(spec), data: asData(spec.dtype, data) })

const onlySpec = ({ shape, dtype, tensors: specs }: FieldSpec): FieldSpec => ({
  shape,
  dtype,
  ...(specs && { tensors: specs }),
})

const inputSpec = ({ x: { shape, dtype }, featureNames }: About): TensorSpec => ({
  shape,
  dtype,
  ...(featureNames && { featureNames }),
})

const singleTarget = ({ target: { shape, dtype }, classes, classNames, ignoreIndex }: About): TensorSpec => ({
  shape,
  dtype,
  ...namesOf({ classes, classNames, ignoreIndex }),
})

/** Returns tensors as options of `data.tensors`. */
const columns = (specs: TensorSpecs, values: Values): TensorInputs =>
  Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype, classes, classNames, ignoreIndex }]) => {
      const target = classes !== undefined && dtype === 'int32' ? 'labels' : 'numbers'
      const names = namesOf({ classes, classNames, ignoreIndex })
      return [name, { data: asData(dtype, values[name]!), shape, dtype, target, ...names } as never]
    }),
  )

function arrays(path: string, xs: TensorSpecs, ys: TensorSpecs): { readonly x: Values; readonly y: Values } {
  const { values } = npzTensors(path, { ...xs, ...ys })
  return { x: values, y: values }
}

async function rows(path: string, about: About, xs: TensorSpecs, ys: TensorSpecs) {
  const [who, found] = [fileName(path), { x: [] as Values[], y: [] as Values[] }]
  const targets = new RecordReader(who, 'a target', ys)
  const { encoding, encodings } = about.recipe ?? {}
  const inputs = new InputReader(who, about, xs)
  const own = encoding ? { x: encoding } : encodings
  for await (const { records, placeOf } of recordsOf(path, about, { ...xs, ...ys }, own)) {
    found.x.push(inputs.read({ records, placeOf }))
    found.y.push(targets.read(records, placeOf))
  }
  return { x: joined(found.x), y: joined(found.y) }
}

/** Reads the inputs of records: each by its name or, of a single input, its features by theirs. */
class InputReader {
  readonly #single: RowReader | undefined
  readonly #several: RecordReader

  constructor(who: string, about: About, xs: TensorSpecs) {
    const { encoding, encodings } = about.recipe ?? {}
    const own = encoding ? { x: encoding } : encodings
    this.#single = about.x.tensors ? undefined : new RowReader(who, about)
    this.#several = new RecordReader(who, 'an input', xs, own)
  }

  read({ records, placeOf }: Records): Values {
    const isNamed = this.#single?.names !== undefined && !records.every((row) => Object.hasOwn(row, 'x'))
    if (!isNamed) return this.#several.read(records, placeOf)
    return { x: this.#single!.read(records, placeOf) }
  }
}

const joined = (parts: readonly Values[]): Values =>
  Object.fromEntries(Object.keys(parts[0]!).map((name) => [name, joinData(parts.map((part) => part[name]!))]))
