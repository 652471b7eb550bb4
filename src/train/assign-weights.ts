import { ArgumentError } from '../core/errors.ts'
import { checkSettled } from '../core/exclusive.ts'
import { checkFields, unknownName } from '../core/mismatch.ts'
import { custom, type OptionsOf, readOptions, type ValuesOf } from '../core/options.ts'
import { variableAt, variables } from '../core/state.ts'
import type { Variable } from '../core/variable.ts'
import { complaint, converted, few, matched, type Rename, renamed, unprefixed } from './matching.ts'
import type { Stored } from './safetensors.ts'

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isNames = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((name) => typeof name === 'string')

export const loadOptions = {
  /**
   * Path, or list of paths, of the submodules to load, such as 'backbone', or an expression that matches the names of
   * the variables to load. The rest of the model is unchanged, and the file's tensors for it are ignored.
   * @default the whole model
   */
  only: custom<string | readonly string[] | RegExp>(
    'a path in the model, a list of them, or a regular expression',
    (value) =>
      value instanceof RegExp ||
      (Array.isArray(value) ? value.length > 0 && value.every(isText) : isText(value)),
  ),
  /**
   * Beginning of the names of the file's tensors to load, such as 'encoder.'; it is stripped before `rename`. Other
   * tensors are ignored. @default all of the file
   */
  prefix: custom<string>("the beginning of a tensor's name", isText),
  /**
   * How to rename the file's tensors: a function, or an object such as { 'encoder.': 'backbone.', 'fc.bias': 'b' }. A
   * key ending with a dot replaces that prefix, the key '' adds a prefix, and any other key is a full name.
   * @default strips 'module.' or '_orig_mod.' if all names begin with it
   */
  rename: custom<Rename>(
    'an object of names, or a function from name to name',
    (value) => typeof value === 'function' || isNames(value),
  ),
}

export interface LoadOptions extends OptionsOf<typeof loadOptions> {}

/** Names of the tensors that were loaded and of those that were not. */
export interface LoadedWeights {
  /** Names of the model's variables that were loaded from the file. */
  readonly loaded: readonly string[]
  /** Names, after renaming, of the file's tensors that were not loaded: `only` or `prefix` excludes them. */
  readonly ignored: readonly string[]
}

/** Loads tensors into a model: see `loadWeights`. @param name file name, and `who` the caller's, for error messages */
export function loadTensors(
  model: object,
  tensors: ReadonlyMap<string, Stored>,
  name: string,
  values: ValuesOf<typeof loadOptions> = readOptions('loadTensors', loadOptions, {}),
  who: string = 'loadWeights',
): LoadedWeights {
  const named = variables(model)
  const names = new Map([...named].map(([name, variable]) => [variable, name]))
  const firstName = (name: string): string | undefined => {
    const variable = variableAt(model, name)
    return variable && names.get(variable)
  }
  return assign(named, tensors, name, { ...values, who }, firstName)
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
  return assign(variables, tensors, name, { ...read, who: 'assignAll' })
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
  const whole = { only: undefined, prefix: undefined, rename: (key: string) => key }
  assign(variables, tensors, name, { ...whole, who: name, exact: true })
}

interface Assigning extends ValuesOf<typeof loadOptions> {
  /** Name of the caller for errors. */
  readonly who: string
  readonly exact?: boolean
}

function assign(
  variables: ReadonlyMap<string, Variable>,
  tensors: ReadonlyMap<string, Stored>,
  file: string,
  { who, only, prefix, rename, exact = false }: Assigning,
  firstName: (name: string) => string | undefined = () => undefined,
): LoadedWeights {
  checkSettled(file, variables.values())
  const isChosen = chooser(who, variables, only)
  const wanted = new Map([...variables].filter(([key]) => isChosen(key)))
  const { chosen, others } = unprefixed(tensors, prefix)
  const { found, unexpected } = matched(renamed(chosen, variables, rename), wanted, firstName, file)
  const strangers = unexpected.filter(isChosen)
  const missing = [...wanted.keys()].filter((key) => !found.has(key) && (exact || !isCounter(key)))
  const fits = [...found].map(([key, tensor]) => converted(key, tensor, wanted.get(key)!, exact))
  const problems = { missing, unexpected: strangers, wrong: fits.flatMap(({ wrong }) => wrong ?? []) }
  if (
    problems.wrong.length + missing.length + strangers.length > 0 ||
    (found.size === 0 && wanted.size > 0)
  ) {
    throw complaint(file, problems)
  }
  for (const { data, variable } of fits) if (data) variable.data = data
  for (const [key, variable] of wanted) if (isCounter(key) && !variable.initialized) variable.initialize(0)
  return { loaded: [...found.keys()], ignored: [...others, ...unexpected] }
}

/** Whether the variable named `key` counts updates of running statistics. */
const isCounter = (key: string): boolean => /(^|\.)num_batches_tracked$/.test(key)

const isWithin = (key: string, parts: readonly string[]): boolean =>
  parts.some((part) => key === part || key.startsWith(`${part}.`))

/** Returns whether a variable or tensor is to be loaded, by its name. @throws {ArgumentError} when none is */
function chooser(
  who: string,
  variables: ReadonlyMap<string, Variable>,
  only: ValuesOf<typeof loadOptions>['only'],
): (key: string) => boolean {
  const keys = [...variables.keys()]
  if (only === undefined) return () => true
  if (only instanceof RegExp) {
    const matches = (key: string): boolean => key.search(only) >= 0
    if (keys.some(matches)) return matches
    const wanted = 'an expression that matches the name of a variable'
    throw new ArgumentError(`${who}: only: wanted ${wanted}, got ${only}; the names are ${few(keys)}`)
  }
  const parts = [only].flat()
  const stray = parts.find((part) => !keys.some((key) => isWithin(key, [part])))
  if (stray === undefined) return (key) => isWithin(key, parts)
  const known = new Set(keys.flatMap((key) => [key.split('.')[0]!]))
  throw unknownName(`${who}: only`, [...known], stray, 'a path of the model, such as ')
}
