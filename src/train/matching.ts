import { allFinite, type Data, holds, isFloat, toData } from '../core/dtype.ts'
import { FormatError } from '../core/errors.ts'
import { mismatch, unknownName } from '../core/mismatch.ts'
import { showTensor, sizeOf } from '../core/shape.ts'
import { listed } from '../core/text.ts'
import type { Variable } from '../core/variable.ts'
import type { Stored } from './safetensors.ts'

/** How to turn the names of a file's tensors into names of a model's variables. */
export type Rename = Readonly<Record<string, string>> | ((name: string) => string)

type Tensors = ReadonlyMap<string, Stored>

/** Prefixes that PyTorch's `DataParallel` and `compile` add to every name. */
const wrappers = ['module.', '_orig_mod.']

/**
 * Renames tensors. Without `rename`, strips PyTorch's wrapper prefixes if all names have them.
 *
 * @throws {ArgumentError} when a key of `rename` matches no tensor, or two tensors get the same name.
 */
export function renamed(tensors: Tensors, variables: ReadonlyMap<string, unknown>, rename?: Rename): Tensors {
  if (rename === undefined) {
    const all = [...tensors.keys()]
    const wrapper = wrappers.find((start) => all.length > 0 && all.every((key) => key.startsWith(start)))
    if (wrapper === undefined || [...variables.keys()].some((key) => key.startsWith(wrapper))) return tensors
    return renamed(renamed(tensors, variables, { [wrapper]: '' }), variables)
  }
  const newName = typeof rename === 'function' ? rename : byKeys(tensors, rename)
  const found = new Map<string, Stored>()
  for (const [key, tensor] of tensors) {
    const name: unknown = newName(key)
    if (typeof name !== 'string') throw mismatch('loadWeights: rename', `a name for ${key}`, name)
    if (found.has(name)) throw mismatch('loadWeights: rename', 'a name for each tensor', `${name} twice`)
    found.set(name, tensor)
  }
  return found
}

/** Strips a prefix from the names of tensors. @returns those that had it, and the names of the others */
export function unprefixed(
  tensors: Tensors,
  prefix: string | undefined,
): { readonly chosen: Tensors; readonly others: readonly string[] } {
  if (prefix === undefined) return { chosen: tensors, others: [] }
  const [chosen, others]: [Map<string, Stored>, string[]] = [new Map(), []]
  for (const [key, tensor] of tensors) {
    if (key.startsWith(prefix)) chosen.set(key.slice(prefix.length), tensor)
    else others.push(key)
  }
  if (chosen.size > 0) return { chosen, others }
  const wanted = "the beginning of a tensor's name in the file, such as that of "
  throw unknownName('loadWeights: prefix', others.slice(0, 4), prefix, wanted)
}

/** Returns a function that renames by the longest matching key: a full name, or a prefix that ends with a dot. */
function byKeys(tensors: Tensors, names: Readonly<Record<string, string>>): (name: string) => string {
  const keys = Object.keys(names).sort((a, b) => b.length - a.length)
  const applies = (key: string, name: string): boolean =>
    key === name || ((key === '' || key.endsWith('.')) && name.startsWith(key))
  const all = [...tensors.keys()]
  const stray = keys.find((key) => !all.some((name) => applies(key, name)))
  if (stray !== undefined) {
    const wanted = 'the name of a tensor of the file, or its beginning, such as '
    throw unknownName('loadWeights: rename', all.slice(0, 4), stray, wanted)
  }
  return (name) => {
    const key = keys.find((one) => applies(one, name))
    return key === undefined ? name : names[key] + name.slice(key.length)
  }
}

/**
 * Finds the tensor of each variable, and the names of tensors that match no variable.
 *
 * @param firstName returns the name in `variables` of a variable that the model also has under another name
 * @throws {FormatError} when the file has different tensors for one shared variable.
 */
export function matched(
  tensors: Tensors,
  variables: ReadonlyMap<string, Variable>,
  firstName: (name: string) => string | undefined,
  file: string,
): { readonly found: Map<string, Stored>; readonly unexpected: readonly string[] } {
  const found = new Map([...tensors].filter(([key]) => variables.has(key)))
  const unexpected: string[] = []
  for (const [key, tensor] of tensors) {
    if (variables.has(key)) continue
    const first = firstName(key)
    if (first === undefined || !variables.has(first)) {
      unexpected.push(key)
      continue
    }
    const other = found.get(first) ?? tensor
    if (!sameNumbers(other, tensor)) {
      const got = 'others; give the model a weight of its own for each'
      throw new FormatError(
        `${file}: wanted the numbers of ${first} for ${key}, which the model shares, got ${got}`,
      )
    }
    found.set(first, other)
  }
  return { found, unexpected }
}

const sameNumbers = (a: Stored, b: Stored): boolean =>
  a === b ||
  (a.dtype === b.dtype &&
    String(a.shape) === String(b.shape) &&
    a.data.every((value: number | bigint, i: number) => Object.is(value, b.data[i])))

/** A variable with its new data or, in `wrong`, the reason why the tensor does not fit. */
interface Fit {
  readonly variable: Variable
  readonly data?: Data
  readonly wrong?: string
}

/**
 * Converts a tensor to the type of a variable, if it has the variable's shape and kind of numbers.
 *
 * @param exact whether the tensor must already have the variable's exact type
 */
export function converted(key: string, tensor: Stored, variable: Variable, exact: boolean): Fit {
  const { dtype, shape } = variable
  const other = { variable, wrong: `${key} as ${showTensor(tensor)} where it is ${showTensor(variable)}` }
  const isScalar = shape.length === 0 && String(tensor.shape) === '1' // as PyTorch before 0.4 saved numbers
  if (!(isScalar || String(tensor.shape) === String(shape)) || !holds(tensor.dtype, tensor.data)) return other
  if (tensor.data.length !== sizeOf(shape)) return other
  if (tensor.dtype === dtype) return { variable, data: tensor.data }
  const kinds = [tensor.dtype, dtype].map((type) =>
    isFloat(type) ? 'float' : type === 'bool' ? 'bool' : 'integer',
  )
  if (exact || kinds[0] !== kinds[1]) return other
  const data = toData(dtype, tensor.data)
  const isKept = isFloat(dtype)
    ? allFinite(data) || !allFinite(tensor.data)
    : data.every((value: number | bigint, i: number) => Number(value) === Number(tensor.data[i]))
  return isKept ? { variable, data } : { variable, wrong: `numbers of ${key} that ${dtype} cannot hold` }
}

/** The mismatches between a model and a file. */
interface Problems {
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
  readonly wrong: readonly string[]
}

/** Returns the error that lists the mismatches: the first few of each kind, and the number of further ones. */
export function complaint(file: string, { missing, unexpected, wrong }: Problems): FormatError {
  const got = [
    ...(missing.length > 0 ? [`none for ${few(missing)}`] : []),
    ...(unexpected.length > 0 ? [`${few(unexpected)} as well`] : []),
    ...(wrong.length > 0 ? [few(wrong)] : []),
  ]
  const fix =
    wrong.length > 0 ? "it is of another model; leave parts out with 'only'" : renameFix(missing, unexpected)
  return new FormatError(
    `${file}: wanted the tensors of this model, got ${got.join(', and ') || 'none'}; ${fix}`,
  )
}

/** Maximum number of names that an error message lists of those that are missing, or of those left over. */
const most = 4

export const few = (names: readonly string[]): string =>
  names.length <= most + 1
    ? listed(names)
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`

/** Suggests the option `rename` if the names in the file and in the model differ only in a prefix. */
function renameFix(missing: readonly string[], unexpected: readonly string[]): string {
  for (const key of missing) {
    const other = unexpected.find((name) => name.endsWith(`.${key}`) || key.endsWith(`.${name}`))
    if (other === undefined) continue
    const [from, to] = [other, key].map((name, i) =>
      name.slice(0, Math.max(0, name.length - [key, other][i]!.length)),
    )
    return `did you mean rename: { '${from}': '${to}' }?`
  }
  return 'load a part of it with only or prefix, or rename'
}
