import { follow } from './calls.ts'
import { ArgumentError } from './errors.ts'
import { showValue } from './mismatch.ts'
import { setName } from './names.ts'
import { Variable } from './variable.ts'

/** @throws {ArgumentError} unless a value is an object, as every model is. */
export function checkModel(model: unknown): asserts model is object {
  if (isContainer(model) && !(model instanceof Promise)) return
  const got = model instanceof Promise ? 'a promise' : showValue(model)
  throw new ArgumentError(`model: wanted a module, such as new nn.Linear(2, 1), got ${got}`)
}

/**
 * Yields `root` and all objects reachable from it through fields (layers, lists of layers, variables), each
 * once and with its path, which is also recorded as the object's name; from then on, error messages of modules
 * begin with their paths. If a variable's field is in camel case, the last part of its path is in snake case,
 * as in PyTorch: `layers.0.running_mean` for `runningMean`. Other names, such as `Conv2D_w`, and keys of plain
 * objects are kept.
 */
export function* walk(root: object): Generator<readonly [path: string, object: object]> {
  checkModel(root)
  const seen = new Set<object>()
  function* visit(object: object, path: string): Generator<readonly [string, object]> {
    if (seen.has(object)) return
    seen.add(object)
    setName(object, path)
    follow(object)
    yield [path, object]
    if (object instanceof Variable) return
    if (object instanceof Map || object instanceof Set) {
      throw new ArgumentError(`model: wanted layers in fields, lists or objects, got a Map or Set at ${path}`)
    }
    for (const [field, child] of Object.entries(object)) {
      if (!isContainer(child)) continue
      const name = child instanceof Variable ? stateName(object, field) : field
      yield* visit(child, path ? `${path}.${name}` : name)
    }
  }
  yield* visit(root, '')
}

/** Returns a model's variables by state name (path of fields: `fc1.weight`), each once, even if layers share it. */
export function variables(root: object): Map<string, Variable> {
  const found = new Map<string, Variable>()
  for (const [name, object] of walk(root)) {
    if (!(object instanceof Variable)) continue
    if (found.has(name)) {
      throw new ArgumentError(`model: wanted a name for each variable, got ${name} twice; rename a field`)
    }
    found.set(name, object)
  }
  return found
}

/**
 * Returns a model's variable by its state name, such as `fc1.weight`; undefined if there is none. A variable
 * that two layers share is found by its name in either layer.
 */
export function variableAt(root: object, path: string): Variable | undefined {
  const parts = path.split('.')
  const last = parts.pop()
  let owner: unknown = root
  for (const part of parts) {
    if (!isContainer(owner) || !Object.hasOwn(owner, part)) return undefined
    owner = (owner as Readonly<Record<string, unknown>>)[part]
  }
  if (!isContainer(owner)) return undefined
  for (const [field, child] of Object.entries(owner)) {
    if (child instanceof Variable && stateName(owner, field) === last) return child
  }
  return undefined
}

/** Returns the last part of the state name of a variable that is stored in the field `field` of `owner`. */
const stateName = (owner: object, field: string): string =>
  /^[a-z][a-zA-Z0-9]*$/.test(field) && !isDictionary(owner)
    ? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    : field

/** Whether an object is a plain object, such as one written in braces, rather than an instance of a class. */
const isDictionary = (object: object): boolean =>
  [Object.prototype, null].includes(Object.getPrototypeOf(object) as object | null)
const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
