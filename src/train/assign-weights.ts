import { checkSettled } from '../core/exclusive.ts'
import { checkFields, unknownName } from '../core/mismatch.ts'
import { boolean, custom, type OptionsOf, readOptions, type ValuesOf } from '../core/options.ts'
import { variableAt, variables } from '../core/state.ts'
import type { Variable } from '../core/variable.ts'
import { complaint, converted, matched, type Rename, renamed } from './matching.ts'
import type { Stored } from './safetensors.ts'

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isNames = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((name) => typeof name === 'string')

export const loadOptions = {
  /**
   * Path, or list of paths, of the submodules to load, such as 'backbone'. The rest of the model is unchanged, and
   * the file's tensors for it are ignored. @default the whole model
   */
  only: custom<string | readonly string[]>('a path in the model, or a list of them', (value) =>
    Array.isArray(value) ? value.length > 0 && value.every(isText) : isText(value),
  ),
  /**
   * How to rename the file's tensors: a function, or an object such as { 'encoder.': 'backbone.', 'fc.bias': 'b' }. A
   * key ending with a dot replaces that prefix, the key '' adds a prefix, and any other key is a full name.
   * @default strips 'module.' or '_orig_mod.' if all names begin with it
   */
  rename: custom<Rename>(
    'an object of names, or a function from name to name',
    (value) => typeof value === 'function' || isNames(value),
  ),
  /**
   * Whether model and file must have the same tensors. If false, only tensors that both have are loaded. @default
   * true
   */
  strict: boolean(true),
}

export interface LoadOptions extends OptionsOf<typeof loadOptions> {}

/** Names of the tensors that were loaded, missing and unexpected. */
export interface LoadedWeights {
  /** Names of the model's variables that were loaded from the file. */
  readonly loaded: readonly string[]
  /** Names of the model's variables for which the file has no tensor. */
  readonly missing: readonly string[]
  /** Names, after renaming, of the file's tensors for which the model has no variable. */
  readonly unexpected: readonly string[]
}

/** Loads tensors into a model: see `loadWeights`. @param name file name for error messages */
export function loadTensors(
  model: object,
  tensors: ReadonlyMap<string, Stored>,
  name: string,
  values: ValuesOf<typeof loadOptions> = readOptions('loadTensors', loadOptions, {}),
): LoadedWeights {
  const named = variables(model)
  const names = new Map([...named].map(([name, variable]) => [variable, name]))
  const firstName = (name: string): string | undefined => {
    const variable = variableAt(model, name)
    return variable && names.get(variable)
  }
  return assign(named, tensors, name, values, firstName)
}

/**
 * Assigns tensors to the variables of the same names, as described at `loadWeights`. If `num_batches_tracked` is
 * missing, as in files from Keras and old versions of PyTorch, the variable keeps its value, which is 0 in a new
 * model.
 *
 * @param name file name for error messages
 * @throws {FormatError} as `loadWeights`; no variable has changed then.
 */
export function assignAll(
  variables: ReadonlyMap<string, Variable>,
  tensors: ReadonlyMap<string, Stored>,
  name: string,
  given: LoadOptions = {},
): LoadedWeights {
  const read = readOptions('assignAll', loadOptions, given)
  checkFields('assignAll', 'variables by name', variables, 'values', 'size')
  checkFields('assignAll', 'a Map of tensors by name', tensors, 'values', 'size')
  return assign(variables, tensors, name, read)
}

/**
 * Assigns tensors to the variables of the same names. Every variable must have a tensor of exactly its type.
 *
 * @throws {FormatError} as `loadWeights`; no variable has changed then.
 */
export function assignSame(
  variables: ReadonlyMap<string, Variable>,
  tensors: ReadonlyMap<string, Stored>,
  name: string,
): void {
  assign(variables, tensors, name, { only: undefined, rename: (key) => key, strict: true, exact: true })
}

function assign(
  variables: ReadonlyMap<string, Variable>,
  tensors: ReadonlyMap<string, Stored>,
  file: string,
  { only, rename, strict, exact = false }: ValuesOf<typeof loadOptions> & { readonly exact?: boolean },
  firstName: (name: string) => string | undefined = () => undefined,
): LoadedWeights {
  checkSettled(file, variables.values())
  const parts = only === undefined ? [] : [only].flat()
  const wanted = partsOf(variables, parts)
  const { found, unexpected } = matched(renamed(tensors, variables, rename), wanted, firstName, file)
  const strangers = unexpected.filter((key) => parts.length === 0 || isWithin(key, parts))
  const missing = [...wanted.keys()].filter((key) => !found.has(key) && (exact || !isCounter(key)))
  const fits = [...found].map(([key, tensor]) => converted(key, tensor, wanted.get(key)!, exact))
  const problems = { missing, unexpected: strangers, wrong: fits.flatMap(({ wrong }) => wrong ?? []) }
  if (
    problems.wrong.length > 0 ||
    (found.size === 0 && wanted.size > 0) ||
    (strict && missing.length + strangers.length > 0)
  ) {
    throw complaint(file, problems)
  }
  for (const { data, variable } of fits) if (data) variable.data = data
  for (const [key, variable] of wanted) if (isCounter(key) && !variable.initialized) variable.initialize(0)
  return { loaded: [...found.keys()], missing, unexpected: strangers }
}

/** Whether the variable named `key` counts updates of running statistics. */
const isCounter = (key: string): boolean => /(^|\.)num_batches_tracked$/.test(key)

const isWithin = (key: string, parts: readonly string[]): boolean =>
  parts.some((part) => key === part || key.startsWith(`${part}.`))

/** Returns the variables under the given paths, or all without paths. @throws {ArgumentError} for a wrong path. */
function partsOf(
  variables: ReadonlyMap<string, Variable>,
  parts: readonly string[],
): ReadonlyMap<string, Variable> {
  if (parts.length === 0) return variables
  const keys = [...variables.keys()]
  const stray = parts.find((part) => !keys.some((key) => isWithin(key, [part])))
  if (stray !== undefined) {
    const known = new Set(keys.flatMap((key) => [key.split('.')[0]!]))
    throw unknownName('loadWeights: only', [...known], stray, 'a path of the model, such as ')
  }
  return new Map([...variables].filter(([key]) => isWithin(key, parts)))
}
