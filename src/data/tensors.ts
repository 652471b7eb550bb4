import { type Data, isFloat } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { mismatch } from '../core/mismatch.ts'
import {
  choice,
  custom,
  type OptionsOf,
  present,
  readOptions,
  required,
  type ValuesOf,
} from '../core/options.ts'
import { shapeOption, sizeOf } from '../core/shape.ts'
import { inputsOf, isNumbers, type NumberInput } from './arrays.ts'
import { type Dataset, dataset, type Field, targetOption } from './dataset.ts'
import { weightsOf, weightsOption } from './example-weights.ts'
import { type NameValues, nameOptions, namesOf } from './names.ts'
import { type Recipe, recipeOf, recordRecipe, withRecipe } from './recipe.ts'
import { rowSpec, type TensorSpec, toRows } from './record.ts'

const numbers = custom<NumberInput>('an array of numbers, flat or nested', isNumbers)

/** Options of one tensor of a record, apart from its values. */
export const tensorOptions = {
  /** Shape for one example. @default the nested lists' shape, otherwise [n] for `x` with n numbers, [] for `y` */
  shape: shapeOption,
  /** Element type. @default as in `data.dataset`: float32 for `x`, int32 for labels */
  dtype: choice(['float32', 'float64', 'int32']),
  ...targetOption,
  ...nameOptions,
}

const entryOptions = {
  /** Values of all examples in one flat array, one example after another, or in nested lists. */
  data: required(numbers),
  ...tensorOptions,
}

export interface TensorColumns extends OptionsOf<typeof entryOptions> {}

/** Values of one tensor for all examples: numbers; numbers and options; or a data set, for its `x` or `y`. */
export type TensorInput = NumberInput | TensorColumns | Dataset

/** Tensors by name. Names are letters, digits and `_`, and do not begin with a digit. */
export type TensorInputs = Readonly<Record<string, TensorInput>>

const isObject = (value: unknown): boolean => Object(value) === value && typeof value !== 'function'
const input = custom<NumberInput | Dataset | TensorInputs>(
  'numbers, a data set, or an object of tensors by name',
  isObject,
)

const options = {
  /** Inputs: numbers or a data set for a model of one input, an object of tensors by name for a model of several. */
  x: required(input),
  /** Labels or targets: as `x`, an object of tensors by name for a model of several outputs. */
  y: required(input),
  ...weightsOption,
}

export interface TensorsOptions extends OptionsOf<typeof options> {}

/**
 * Makes a data set whose `x`, `y` or both are several named tensors, for a model of several inputs or outputs:
 * `forward` then gets an object of tensors by name, and returns one. What `data.normalize` does to an input is kept
 * with the run, so that `predict` takes raw values.
 *
 * @throws {ArgumentError} naming the tensor, when it does not fit the other ones or its own options.
 * @example
 * data.tensors({ x: { image: [[1, 2], [3, 4]], age: [30, 40] }, y: [0, 1] }).x.tensors.image.shape // [2]
 */
export function tensors(given: TensorsOptions): Dataset {
  const { x, y, weights } = readOptions('tensors', options, given)
  const [xs, ys] = [entriesOf('x', x), entriesOf('y', y)]
  const twice = Object.keys(xs.tensors).find((name) => xs.isRecord && ys.isRecord && name in ys.tensors)
  if (twice !== undefined)
    throw new ArgumentError(`tensors: wanted other names in y than in x, got ${twice} in both; rename one`)
  const all = [...named('x', xs), ...named('y', ys)]
  const first = all.at(-1)!
  const { length } = first[1]
  const odd = all.find(([, one]) => one.length !== length)
  if (odd !== undefined) {
    const wanted = `${length} examples of ${odd[0]}, as of ${first[0]}`
    throw mismatch('tensors', wanted, odd[1].length, 'check the shapes')
  }
  const [names, targets] = [xs, ys].map((one) => (one.isRecord ? {} : only(one).names))
  const made = {
    length,
    x: fieldOf(xs, length),
    y: fieldOf(ys, length),
    ...namesOf({ ...names, ...targets }),
    ...(weights !== undefined && { weights: weightsOf('tensors', weights, length) }),
  }
  return withRecipe(
    made,
    xs.isRecord ? recordRecipe(xs.tensors) : isDataset(x) ? recipeOf(x as Dataset) : undefined,
  )
}

/** Converted tensors of `x` or `y`: a record of several, or only one. */
interface Entries {
  readonly isRecord: boolean
  readonly tensors: Readonly<Record<string, Entry>>
}

interface Entry {
  readonly field: Field
  readonly length: number
  readonly names: NameValues
  readonly recipe?: Recipe | undefined
}

const only = ({ tensors }: Entries): Entry => Object.values(tensors)[0]!

const named = (field: 'x' | 'y', { isRecord, tensors }: Entries): [string, Entry][] =>
  Object.entries(tensors).map(([name, entry]) => [isRecord ? `${field}.${name}` : field, entry])

function entriesOf(field: 'x' | 'y', given: NumberInput | Dataset | TensorInputs): Entries {
  const convert = field === 'x' ? inputOf : targetOf
  if (isNumbers(given) || isDataset(given))
    return { isRecord: false, tensors: { [field]: convert(`tensors: ${field}`, given as TensorInput) } }
  const entries = Object.entries(given as TensorInputs)
  if (entries.length === 0) throw mismatch('tensors', `${field} of one tensor or more`, given)
  for (const [name] of entries) checkTensorName('tensors', name)
  const made = entries.map(([name, one]) => [name, convert(`tensors: ${field}.${name}`, one)])
  return { isRecord: true, tensors: Object.fromEntries(made) }
}

/** @throws {ArgumentError} when a name does not suit a graph's inputs and the columns of a table. */
export function checkTensorName(who: string, name: string): void {
  if (/^[A-Za-z_]\w*$/.test(name)) return
  throw new ArgumentError(
    `${who}: wanted names of tensors of letters, digits and _, got ${JSON.stringify(name)}`,
  )
}

const isDataset = (value: unknown): value is Dataset =>
  typeof Object(value).length === 'number' && isObject(Object(value).x)

/** Returns the options of a tensor. @throws {ArgumentError} when the value is neither numbers nor such options. */
function columnsOf(who: string, given: unknown): ValuesOf<typeof entryOptions> {
  if (isNumbers(given)) return readOptions(who, entryOptions, { data: given })
  if (isObject(given)) return readOptions(who, entryOptions, given)
  throw mismatch(who, 'numbers, { data, shape }, or a data set', given)
}

/** @throws {ArgumentError} when a data set that is to be one tensor consists of several. */
function checkSingle(who: string, name: 'x' | 'y', set: Dataset): void {
  if (!set[name].tensors) return
  throw new ArgumentError(
    `${who}: wanted a data set with one tensor as ${name}, got several; give them by name`,
  )
}

function inputOf(who: string, given: TensorInput): Entry {
  if (isDataset(given)) {
    checkSingle(who, 'x', given)
    const { featureNames, categories } = given
    return {
      field: given.x,
      length: given.length,
      names: present({ featureNames, categories }),
      recipe: recipeOf(given),
    }
  }
  const { data, shape: asked, dtype, target: _, ...names } = columnsOf(who, given)
  const read = renamed(who, 'x', () => inputsOf(data, who, dtype !== undefined && dtype !== 'float32'))
  const values = typed(who, read.data, dtype)
  const count = Array.isArray(data) ? data.length : undefined
  const shape = asked ?? read.shape ?? [count ? values.length / count : 1]
  return {
    field: { data: values, shape, dtype: dtypeOf(values) },
    length: values.length / sizeOf(shape),
    names,
  }
}

function targetOf(who: string, given: TensorInput): Entry {
  if (isDataset(given)) {
    checkSingle(who, 'y', given)
    const { classes, classNames, ignoreIndex } = given
    return { field: given.y, length: given.length, names: present({ classes, classNames, ignoreIndex }) }
  }
  const { data, shape, dtype, ...about } = columnsOf(who, given)
  const exact = dtype === 'float64' ? Float64Array.from(data as number[], Number) : data
  const length = Array.isArray(data) ? data.length : (data as Data).length / sizeOf(shape ?? [])
  const column = new Float32Array(Math.max(1, Math.ceil(length)))
  const target = about.target ?? (dtype && (isFloat(dtype) ? 'numbers' : 'labels'))
  const made = renamed(who, 'y', () =>
    dataset(
      present({
        x: column,
        shape: [1],
        y: isFlat(data) ? exact : data,
        targetShape: shape,
        ...about,
        target,
      }) as never,
    ),
  )
  const { x: _, y, length: count, ...names } = made
  return { field: y, length: count, names }
}

const isFlat = (data: NumberInput): boolean => !isNumbers((data as readonly unknown[])[0])

/** Returns the result of `make`, whose errors then begin with `who`. */
function renamed<T>(who: string, field: 'x' | 'y', make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    const text = error.message.replace(/^(dataset|tensors[^:]*: [^:]*): /, '')
    throw new ArgumentError(`${who}: ${text.replace(` of ${field};`, ';')}`)
  }
}

const dtypeOf = (data: Data): Field['dtype'] =>
  data instanceof Float64Array ? 'float64' : data instanceof Int32Array ? 'int32' : 'float32'

/** Returns values in the element type that was asked for. @throws {ArgumentError} when int32 cannot hold one. */
function typed(who: string, data: Data, dtype: Field['dtype'] | undefined): Data {
  if (dtype === undefined || dtype === dtypeOf(data)) return data
  if (dtype === 'float64') return Float64Array.from(data as Float32Array)
  if (dtype === 'float32') return Float32Array.from(data as Float64Array)
  const wrong = (data as Float64Array).find((value) => (value | 0) !== value)
  if (wrong !== undefined) throw mismatch(who, 'integers that int32 can hold', wrong)
  return Int32Array.from(data as Float64Array)
}

function fieldOf({ isRecord, tensors }: Entries, length: number): Field {
  const each = Object.entries(tensors)
  if (!isRecord) return each[0]![1].field
  const specs = each.map(([name, { field, names }]): [string, TensorSpec] => {
    const { shape, dtype } = field
    return [name, { shape, dtype, ...namesOf(names) }]
  })
  const spec = rowSpec(Object.fromEntries(specs))
  const valuesOf = (name: string): ArrayLike<number> => tensors[name]!.field.data as Float32Array
  return { ...spec, data: toRows('tensors', spec, length, valuesOf) }
}
